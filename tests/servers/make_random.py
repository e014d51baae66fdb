#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a model of random weights (architecture qwen3) with a rerank head.

usage: make_random.py OUT.gguf [--vocab N] [--seed N] TEXT...

The one thing that is not random: the single letters A to Z are the likeliest
next tokens, so that who reads one token's logprobs finds labels among them.
Their order comes from the forward pass over the prompt."""
import sys

sys.dont_write_bytecode = True  # nothing is left in the source tree
import argparse
import math
import random

from gguf import SPECIAL, Gguf, Half, Vocabulary, read_texts

N_EMBD, N_LAYER, N_HEAD, N_KV, HEAD_DIM, N_FF = 128, 6, 4, 2, 32, 384
RERANK = ("<|im_start|>user\nQuery: {query}\nDocument: {document}<|im_end|>\n"
          "<|im_start|>assistant\n")


def put_settings(g):
    g.text("general.architecture", "qwen3")
    g.text("general.name", "random-2m")
    g.u32("general.file_type", 1)
    for key, v in (("context_length", 16384), ("embedding_length", N_EMBD),
                   ("block_count", N_LAYER), ("feed_forward_length", N_FF),
                   ("attention.head_count", N_HEAD),
                   ("attention.head_count_kv", N_KV),
                   ("attention.key_length", HEAD_DIM),
                   ("attention.value_length", HEAD_DIM)):
        g.u32("qwen3." + key, v)
    g.f32("qwen3.attention.layer_norm_rms_epsilon", 1e-6)
    g.f32("qwen3.rope.freq_base", 10000.0)
    g.texts("qwen3.classifier.output_labels", ["yes", "no"])
    g.text("tokenizer.chat_template.rerank", RERANK)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("text", nargs="+")
    ap.add_argument("--vocab", type=int, default=4096)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rng = random.Random(a.seed)
    voc = Vocabulary(read_texts(a.text), a.vocab)
    n_vocab = len(voc.tokens)
    g = Gguf()
    put_settings(g)
    voc.put(g)

    def matrix(name, rows, cols, std, first_column=None):
        data = bytearray(Half.random(rng, rows * cols, std))
        for row, v in enumerate(first_column or []):
            data[2 * row * cols:2 * row * cols + 2] = Half.pack(v)
        g.tensor(name, (cols, rows), bytes(data), Half.kind)

    # Residual dimension 0 is a constant: every embedding holds it, the letters'
    # rows of the output read it, those of the special tokens its opposite.
    bias = [0.0] * n_vocab
    for c in range(65, 91):
        bias[c] = 10.0 / math.sqrt(N_EMBD / 4)
    bias[n_vocab - len(SPECIAL):] = [-bias[65]] * len(SPECIAL)
    s = 1 / math.sqrt(N_EMBD)
    matrix("token_embd.weight", n_vocab, N_EMBD, 1.0,
           [math.sqrt(N_EMBD)] * n_vocab)
    matrix("output.weight", n_vocab, N_EMBD, s, bias)
    g.constant("output_norm.weight", N_EMBD, 1.0)
    matrix("cls.output.weight", 2, N_EMBD, s)
    for i in range(N_LAYER):
        b = "blk.%d." % i
        g.constant(b + "attn_norm.weight", N_EMBD, 1.0)
        g.constant(b + "ffn_norm.weight", N_EMBD, 1.0)
        g.constant(b + "attn_q_norm.weight", HEAD_DIM, 2.0)
        g.constant(b + "attn_k_norm.weight", HEAD_DIM, 2.0)
        matrix(b + "attn_q.weight", N_HEAD * HEAD_DIM, N_EMBD, s)
        matrix(b + "attn_k.weight", N_KV * HEAD_DIM, N_EMBD, s)
        matrix(b + "attn_v.weight", N_KV * HEAD_DIM, N_EMBD, s)
        matrix(b + "attn_output.weight", N_EMBD, N_HEAD * HEAD_DIM, s)
        matrix(b + "ffn_gate.weight", N_FF, N_EMBD, s)
        matrix(b + "ffn_up.weight", N_FF, N_EMBD, s)
        matrix(b + "ffn_down.weight", N_EMBD, N_FF, 1 / math.sqrt(N_FF))
    g.write(a.out)
    print("%s: %d tokens, %.1f M parameters" % (a.out, n_vocab, g.offset / 2e6))


if __name__ == "__main__":
    main()
