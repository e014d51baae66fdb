# SPDX-License-Identifier: Apache-2.0
"""What both model makers share: a GGUF writer, 16-bit floats, and a byte-level
BPE vocabulary learned from texts. Python's standard library only."""
import collections
import math
import re
import struct

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + "
    "m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def byte_alphabet():
    """Bytes as printable characters, as GPT-2's vocabulary spells them."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in keep}
    n = 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + n)
            n += 1
    return table


def learn_bpe(texts, n_merges, table):
    """At most n_merges pairs to be joined, the most frequent first; a pair that
    occurs once is none."""
    counts = collections.Counter()
    for text in texts:
        for w in re.findall(r" ?[A-Za-z]+|\d| ?[^\sA-Za-z\d]+", text):
            counts["".join(table[b] for b in w.encode())] += 1
    words = [(list(w), c) for w, c in sorted(counts.items())]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (w, c) in enumerate(words):
        for p in zip(w, w[1:]):
            pairs[p] += c
            where[p].add(i)
    merges = []
    while len(merges) < n_merges and pairs:
        best = max(pairs, key=lambda p: (pairs[p], p))
        if pairs[best] < 2:
            break
        merges.append(best)
        for i in list(where[best]):
            w, c = words[i]
            for p in zip(w, w[1:]):
                pairs[p] -= c
                where[p].discard(i)
            k = 0
            while k < len(w) - 1:
                if (w[k], w[k + 1]) == best:
                    w[k:k + 2] = [best[0] + best[1]]
                k += 1
            for p in zip(w, w[1:]):
                pairs[p] += c
                where[p].add(i)
        del pairs[best]
    return merges


class Vocabulary:
    """Bytes, what was merged, and the special tokens, in this order."""
    def __init__(self, texts, size):
        table = byte_alphabet()
        self.merges = learn_bpe(texts, size - 256 - len(SPECIAL), table)
        self.tokens = [table[b] for b in range(256)]
        self.tokens += [x + y for x, y in self.merges]
        self.n_plain = len(self.tokens)
        plain = {c: b for b, c in table.items()}
        self.texts = [bytes(plain[c] for c in t).decode(errors="replace")
                      for t in self.tokens] + SPECIAL
        self.tokens += SPECIAL

    def put(self, g):
        n = self.n_plain
        g.text("tokenizer.ggml.model", "gpt2")
        g.text("tokenizer.ggml.pre", "qwen2")
        g.texts("tokenizer.ggml.tokens", self.tokens)
        g.i32s("tokenizer.ggml.token_type", [1] * n + [3] * len(SPECIAL))
        g.texts("tokenizer.ggml.merges", [x + " " + y for x, y in self.merges])
        g.u32("tokenizer.ggml.bos_token_id", n)
        g.u32("tokenizer.ggml.eos_token_id", n + 2)
        g.u32("tokenizer.ggml.padding_token_id", n)
        g.boolean("tokenizer.ggml.add_bos_token", False)
        g.text("tokenizer.chat_template", CHATML)


class Gguf:
    def __init__(self):
        self.kv, self.tensors, self.blob, self.offset = [], [], [], 0

    @staticmethod
    def string(s):
        b = s.encode()
        return struct.pack("<Q", len(b)) + b

    def put(self, key, kind, packed):
        self.kv.append(self.string(key) + struct.pack("<I", kind) + packed)

    def u32(self, key, v):
        self.put(key, 4, struct.pack("<I", v))

    def f32(self, key, v):
        self.put(key, 6, struct.pack("<f", v))

    def boolean(self, key, v):
        self.put(key, 7, struct.pack("<?", v))

    def text(self, key, v):
        self.put(key, 8, self.string(v))

    def texts(self, key, vs):
        self.put(key, 9, struct.pack("<IQ", 8, len(vs)) +
                 b"".join(map(self.string, vs)))

    def i32s(self, key, vs):
        self.put(key, 9, struct.pack("<IQ%di" % len(vs), 5, len(vs), *vs))

    def tensor(self, name, dims, data, kind):
        """dims: innermost first; kind: 0 is F32, else Half.kind."""
        self.tensors.append(
            self.string(name) + struct.pack("<I", len(dims)) +
            struct.pack("<%dQ" % len(dims), *dims) +
            struct.pack("<IQ", kind, self.offset))
        pad = -len(data) % 32
        self.blob.append(data + b"\0" * pad)
        self.offset += len(data) + pad

    def constant(self, name, n, v):
        self.tensor(name, (n,), struct.pack("<%df" % n, *[v] * n), 0)

    def write(self, path):
        head = struct.pack("<4sIQQ", b"GGUF", 3, len(self.tensors),
                           len(self.kv))
        head += b"".join(self.kv) + b"".join(self.tensors)
        with open(path, "wb") as f:
            f.write(head + b"\0" * (-len(head) % 32))
            for b in self.blob:
                f.write(b)


class Half:
    """16-bit floats (GGUF type 1)."""
    kind = 1

    @staticmethod
    def pack(v):
        return struct.pack("<e", v)

    @staticmethod
    def random(rng, n, std):
        """n numbers, sign and mantissa random, magnitude in [2^e, 2^(e+1)),
        their root mean square about std."""
        e = round(math.log2(std / 1.53)) + 15
        mask = int.from_bytes(struct.pack("<H", 0x83ff) * n, "little")
        expo = int.from_bytes(struct.pack("<H", e << 10) * n, "little")
        bits = int.from_bytes(rng.randbytes(2 * n), "little") & mask | expo
        return bits.to_bytes(2 * n, "little")


def read_texts(paths):
    return [open(p, encoding="utf-8", errors="replace").read() for p in paths]
