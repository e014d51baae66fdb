/* SPDX-License-Identifier: Apache-2.0 */
/* Porter's original stemmer (libstemmer "porter"). One handle per thread. */
#ifndef RKB_BASE_IO_STEM_H
#define RKB_BASE_IO_STEM_H

#include "base/sv.h"

struct rkb_stem;
struct rkb_stem *rkb_stem_open(void);
/* Lower-case UTF-8 in; the view is valid until the next call. */
rkb_sv rkb_stem_word(struct rkb_stem *s, rkb_sv word);
void rkb_stem_close(struct rkb_stem *s);

#endif
