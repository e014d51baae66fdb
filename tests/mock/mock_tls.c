/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with a certificate that is made on the spot and signs itself. */
#include "base/mem.h"
#include "tests/mock/mock_impl.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mock_tls {
    SSL_CTX *ctx;
    char *pem;
};

struct mock_tls_link {
    SSL *ssl;
};

static void demand(bool ok)
{
    if (!ok) {
        fprintf(stderr, "mock: OpenSSL refuses\n");
        abort();
    }
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    demand(ext && X509_add_ext(cert, ext, -1));
    X509_EXTENSION_free(ext);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, bool expired)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);
    char alt[128];

    demand(cert && X509_set_version(cert, 2) && X509_set_pubkey(cert, key));
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), expired ? -3600 : 86400);
    demand(X509_NAME_add_entry_by_txt(
        subject, "CN", MBSTRING_ASC, (const unsigned char *)"mock", -1, -1, 0));
    X509_set_issuer_name(cert, subject);
    snprintf(alt, sizeof(alt), "%s:%s",
             strspn(name, "0123456789.") == strlen(name) ? "IP" : "DNS", name);
    add_extension(cert, NID_subject_alt_name, alt);
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    demand(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

struct mock_tls *mock_tls_open(const char *name, bool expired)
{
    struct mock_tls *t = rkb_new(1, sizeof(*t));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *text = BIO_new(BIO_s_mem());
    X509 *cert = make_certificate(key, name, expired);
    char *at;
    long n;

    t->ctx = SSL_CTX_new(TLS_server_method());
    demand(t->ctx && SSL_CTX_use_certificate(t->ctx, cert) == 1 &&
           SSL_CTX_use_PrivateKey(t->ctx, key) == 1);
    demand(PEM_write_bio_X509(text, cert));
    n = BIO_get_mem_data(text, &at);
    t->pem = rkb_new((size_t)n + 1, 1);
    memcpy(t->pem, at, (size_t)n);
    BIO_free(text);
    X509_free(cert);
    EVP_PKEY_free(key);
    return t;
}

void mock_tls_close(struct mock_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    rkb_free(t->pem);
    rkb_free(t);
}

const char *mock_tls_pem(const struct mock_tls *t)
{
    return t->pem;
}

struct mock_tls_link *mock_tls_accept(struct mock_tls *t, int fd)
{
    struct mock_tls_link *l = rkb_new(1, sizeof(*l));

    l->ssl = SSL_new(t->ctx);
    demand(l->ssl && SSL_set_fd(l->ssl, fd));
    if (SSL_accept(l->ssl) == 1)
        return l;
    mock_tls_end(l);
    return NULL;
}

void mock_tls_end(struct mock_tls_link *l)
{
    if (!l)
        return;
    SSL_shutdown(l->ssl);
    SSL_free(l->ssl);
    rkb_free(l);
}

long mock_tls_read(struct mock_tls_link *l, void *to, size_t n)
{
    return SSL_read(l->ssl, to, (int)n);
}

long mock_tls_write(struct mock_tls_link *l, const void *at, size_t n)
{
    return SSL_write(l->ssl, at, n < 65536 ? (int)n : 65536);
}
