/* SPDX-License-Identifier: Apache-2.0 */
/* TCP ports of 127.0.0.1, for servers that this program starts. */
#ifndef RKB_BASE_IO_PORT_H
#define RKB_BASE_IO_PORT_H

#include <stdbool.h>

/* Whether *port could be bound just now. 0: one that is free, which goes to
 * *port. Somebody else may take it at any time. */
bool rkb_port_is_free(int *port);

#endif
