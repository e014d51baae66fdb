#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a model (architecture llama) whose first three layers are wired by hand
to rank labelled passages by the words they share with the query. The other
layers are random filler that costs compute and changes nothing.

usage: make_wired.py OUT.gguf [--vocab N] [--seed N] TEXT...

  layer 0: a token finds the latest mark before it: a label "A".."Z", "Query"
           or "Rank"
  layer 1: a token finds the same word in the passages and reads their labels
  layer 2: a token averages that over the words of the query, but for common
           ones, which tell little
  output : the letters' logits are that average

So the prompt must have "[A] text" for each passage, then a line with "Query"
before the query's words and one with "Rank" behind them. A word that the
vocabulary does not hold whole falls into pieces, and a piece that is a capital
letter is taken for a label: give it every text that it will see, twice, as a
pair of tokens that occurs once is never merged."""
import sys

sys.dont_write_bytecode = True  # nothing is left in the source tree
import argparse
import collections
import math
import random
import re
import struct

from gguf import Gguf, Half, Vocabulary, read_texts

N_EMBD, N_LAYER, N_FF, HEAD_DIM = 384, 12, 1024, 128
# One K/V head. Its rotary pair i turns by BASE^(-i/64) a token: pairs from SLOW
# on hardly turn and carry content, pair RECENT tells near from far.
BASE, SLOW, RECENT = 1e12, 26, 18
THETA = BASE ** (-RECENT / 64)
N_IDENT = HEAD_DIM - 2 * SLOW
# The residual stream, by its first dimension of each kind.
CONST, FLAG, MARK, RARE = 0, 1, 2, 30
SEG, MATCH, OUT, IDENT = 32, 64, 96, 128
K = 20.0  # of CONST, which dominates the norm
QUERY, REST = 26, 27  # marks behind those of A..Z
COMMON = 0.001  # of all words, and more: a common one
UNNORM = K / math.sqrt(N_EMBD)  # undoes RMSNorm


def put_settings(g):
    g.text("general.architecture", "llama")
    g.text("general.name", "wired-20m")
    g.u32("general.file_type", 1)
    for key, v in (("context_length", 16384), ("embedding_length", N_EMBD),
                   ("block_count", N_LAYER), ("feed_forward_length", N_FF),
                   ("attention.head_count", N_EMBD // HEAD_DIM),
                   ("attention.head_count_kv", 1),
                   ("attention.key_length", HEAD_DIM),
                   ("attention.value_length", HEAD_DIM),
                   ("rope.dimension_count", HEAD_DIM)):
        g.u32("llama." + key, v)
    g.f32("llama.attention.layer_norm_rms_epsilon", 1e-6)
    g.f32("llama.rope.freq_base", BASE)


def marks_of(voc):
    marks = {65 + i: i for i in range(26)}
    for i, t in enumerate(voc.texts[:voc.n_plain]):
        if t.strip() == "Query":
            marks[i] = QUERY
        if t.strip() == "Rank":
            marks[i] = REST
    marks[voc.texts.index("<|im_end|>")] = REST
    return marks


def common_words(texts):
    counts = collections.Counter()
    for text in texts:
        counts.update(re.findall(r"[a-z]+", text.lower()))
    return {w for w, n in counts.items() if n > COMMON * sum(counts.values())}


def put_embeddings(g, voc, common, seed):
    """A constant, the mark, and a random direction for every word that is not
    common."""
    marks, rows = marks_of(voc), []
    for i, t in enumerate(voc.texts):
        row = [0.0] * N_EMBD
        row[CONST] = K
        if i in marks:
            row[FLAG], row[MARK + marks[i]] = 1, 1
        word = t.strip().lower()
        if word.isalnum() and word not in common:
            row[RARE] = 1
            r = random.Random("%d %s" % (seed, word))
            v = [r.gauss(0, 1) for _ in range(N_IDENT)]
            norm = math.sqrt(sum(x * x for x in v))
            row[IDENT:IDENT + N_IDENT] = [x / norm for x in v]
        rows.append(struct.pack("<%de" % N_EMBD, *row))
    g.tensor("token_embd.weight", (N_EMBD, len(rows)), b"".join(rows),
             Half.kind)


def wiring(layer):
    """Entries {(row, column): value} of the matrices for q, k, v and output."""
    q, k, v, o = {}, {}, {}, {}
    scale, slow, recent = math.sqrt(HEAD_DIM), 2 * SLOW, 2 * RECENT
    if layer == 0:  # 80 * is_mark - 200 * sin(THETA * distance)
        q[slow, CONST], k[slow, FLAG] = 80 * scale / K, 1
        q[recent + 1, CONST], k[recent, CONST] = 200 * scale / K, 1 / K
        for i in range(28):
            v[i, MARK + i], o[SEG + i, i] = 1, 1
    elif layer == 1:  # 24 * same_word + 10 * in_a_passage
        for i in range(N_IDENT - 1):
            at = slow + 1 + i
            q[at, IDENT + i], k[at, IDENT + i] = 24 * scale, 1
        q[slow, CONST] = 10 * scale / K
        for i in range(26):
            k[slow, SEG + i], v[i, SEG + i], o[MATCH + i, i] = 1, 1, 1
    elif layer == 2:  # 20 * in_the_query + 20 * is_rare
        q[slow, CONST], k[slow, SEG + QUERY] = 20 * scale / K, 1
        k[slow, RARE] = 1
        for i in range(26):
            v[i, MATCH + i], o[OUT + i, i] = 1, 1
    return q, k, v, o


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("text", nargs="+")
    ap.add_argument("--vocab", type=int, default=16384)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rng = random.Random(a.seed)
    marks = "Query Query Rank Rank " * 10000
    texts = read_texts(a.text)
    voc = Vocabulary([marks] + texts, a.vocab)
    g = Gguf()
    put_settings(g)
    voc.put(g)
    put_embeddings(g, voc, common_words(texts), a.seed)

    def matrix(name, rows, cols, std, wired, clear=(0, 0)):
        """Filler, zero in the first clear rows x columns, then the wiring."""
        m = bytearray(Half.random(rng, rows * cols, std))
        width = 2 * min(clear[1], cols)
        for r in range(min(clear[0], rows)):
            m[2 * r * cols:2 * r * cols + width] = bytes(width)
        for (r, c), v in wired.items():
            m[2 * (r * cols + c):2 * (r * cols + c) + 2] = Half.pack(v)
        g.tensor(name, (cols, rows), bytes(m), Half.kind)

    n_vocab, s = len(voc.tokens), 1 / math.sqrt(N_EMBD)
    out = {}
    for i in range(26):
        out[65 + i, CONST], out[65 + i, OUT + i] = 12 / K, 40.0
    matrix("output.weight", n_vocab, N_EMBD, 1e-3, out, (n_vocab, N_EMBD))
    g.constant("output_norm.weight", N_EMBD, UNNORM)
    for layer in range(N_LAYER):
        b, wired = "blk.%d." % layer, layer < 3
        q, k, v, o = wiring(layer)
        clear = (HEAD_DIM, N_EMBD) if wired else (0, 0)
        all_clear = (N_EMBD, N_EMBD) if wired else (0, 0)
        g.constant(b + "attn_norm.weight", N_EMBD, UNNORM if wired else 1.0)
        g.constant(b + "ffn_norm.weight", N_EMBD, 1.0)
        matrix(b + "attn_q.weight", N_EMBD, N_EMBD, s, q, clear)
        matrix(b + "attn_k.weight", HEAD_DIM, N_EMBD, s, k, clear)
        matrix(b + "attn_v.weight", HEAD_DIM, N_EMBD, s, v, clear)
        matrix(b + "attn_output.weight", N_EMBD, N_EMBD, 1e-4, o, all_clear)
        matrix(b + "ffn_gate.weight", N_FF, N_EMBD, s, {})
        matrix(b + "ffn_up.weight", N_FF, N_EMBD, s, {})
        matrix(b + "ffn_down.weight", N_EMBD, N_FF, 1e-4, {})
    g.write(a.out)
    print("%s: %d tokens, %.1f M parameters" % (a.out, n_vocab, g.offset / 2e6))


if __name__ == "__main__":
    main()
