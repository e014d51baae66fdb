/* SPDX-License-Identifier: Apache-2.0 */
/* Porter's stemmer as his own programs and Lucene have it. It departs from
 * the 1980 paper, and so from libstemmer's "porter", in four places that
 * change results ("anthropology" meets "anthropological" here alone): words
 * of one or two letters stay, BLI becomes BLE, LOGI becomes LOG, and every
 * double consonant but ll, ss and zz is undone before -ed and -ing.
 * Source: Porter 1980, An algorithm for suffix stripping;
 * tartarus.org/martin/PorterStemmer, points of difference. */
#ifndef RKB_HARNESS_RETRIEVE_PORTER_H
#define RKB_HARNESS_RETRIEVE_PORTER_H

#include <stddef.h>

/* Stems a lower-case UTF-8 word in place; returns the new length, which is
 * never larger, and 0 only for 0. Letters beyond ASCII are consonants. */
size_t rkb_porter(char *word, size_t len);

#endif
