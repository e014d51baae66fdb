/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/port.h"

#include "tests/tap.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_port_is_free_until_it_is_bound(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int port = 0, fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(rkb_port_is_free(&port));
    CHECK(port > 1023);
    CHECK(rkb_port_is_free(&port));
    at.sin_port = htons((uint16_t)port);
    CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    CHECK(!rkb_port_is_free(&port));
    CHECK_EQ_INT(port, ntohs(at.sin_port));
    close(fd);
}

TESTS(TEST(a_port_is_free_until_it_is_bound))
