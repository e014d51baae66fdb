/* SPDX-License-Identifier: Apache-2.0 */
/* Packed bytes whose size is known, back to what they were: the codecs of
 * column files. libsnappy here; gzip and zstd through the stream's decoders. */
#ifndef RKB_BASE_IO_CODEC_H
#define RKB_BASE_IO_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"

#include <stdint.h>

enum rkb_codec { RKB_CODEC_SNAPPY, RKB_CODEC_GZIP, RKB_CODEC_ZSTD };

/* Fills `to`, which is emptied first, with exactly `size` bytes; fewer or more
 * are RKB_E_DATA. The caller has held `size` against a limit. What no codec
 * could have packed that small is refused before memory is asked for. */
enum rkb_status rkb_codec_unpack(enum rkb_codec codec, rkb_sv packed,
                                 size_t size, struct rkb_buf *to,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* The checksum of gzip, zip and Parquet pages (ISO 3309, as zlib's crc32). */
uint32_t rkb_crc32(rkb_sv bytes);

#endif
