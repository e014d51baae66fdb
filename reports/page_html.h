/* SPDX-License-Identifier: Apache-2.0 */
/* Text as HTML text or attribute: markup in it means nothing. */
#ifndef RKB_REPORTS_PAGE_HTML_H
#define RKB_REPORTS_PAGE_HTML_H

#include "base/buf.h"

void rkb_html_text(struct rkb_buf *out, const char *text); /* o_html.c */

#endif
