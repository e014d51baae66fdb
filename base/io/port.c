/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

bool rkb_port_is_free(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)*port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && !bind(fd, (struct sockaddr *)&at, n) &&
                   !getsockname(fd, (struct sockaddr *)&at, &n);

    if (fd >= 0)
        close(fd);
    *port = ntohs(at.sin_port);
    return is_free;
}
