#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges runs in stores: exit 0 with a line of numbers, or 1 with what is bad.

  judge.py beats STORE RUN RANDOM
      nDCG@10 of RUN is above the mean of all repeats of RANDOM, query by query:
      paired randomization test, p < 0.001
  judge.py agree STORE RUN CALLS STORE RUN [CALLS]
      both order every query alike, but for labels that are closer than 0.05
      in the first run's recorded calls; with both recordings the same prompts
      have logprobs that differ by less than 0.05
  judge.py choose STORE RUN CALLS STORE RUN
      as agree, where only the best label of each call counts"""
import sys

sys.dont_write_bytecode = True
import json
import random
import sqlite3

CLOSE = 0.05
FLIPS = 100000


def fail(text):
    sys.exit("judge.py: " + text)


def query(store, sql, *values):
    db = sqlite3.connect("file:%s?mode=ro" % store, uri=True)
    rows = db.execute(sql, values).fetchall()
    db.close()
    return rows


# ---- better than chance ------------------------------------------------------

def by_query(store, run):
    out = {}
    for qid, value in query(
            store, "SELECT qid, value FROM v_measure WHERE label = ? AND "
            "measure = 'nDCG@10'", run):
        out.setdefault(qid, []).append(value)
    if not out:
        fail("no values of run '%s'" % run)
    return {qid: sum(v) / len(v) for qid, v in out.items()}


def beats(store, run, chance):
    a, b = by_query(store, run), by_query(store, chance)
    if a.keys() != b.keys():
        fail("other queries in '%s' than in '%s'" % (run, chance))
    diffs = [a[q] - b[q] for q in sorted(a)]
    seen = sum(diffs)
    rng, as_far = random.Random(1), 0
    for _ in range(FLIPS):
        bits = rng.getrandbits(len(diffs))
        total = sum(-d if bits >> i & 1 else d for i, d in enumerate(diffs))
        as_far += abs(total) >= abs(seen) - 1e-12
    p = (as_far + 1) / (FLIPS + 1)
    n = len(diffs)
    text = "%s: nDCG@10 %.4f, chance %.4f, %d queries, p = %.5f" % (
        run, sum(a.values()) / n, sum(b.values()) / n, n, p)
    if seen <= 0 or p >= 0.001:
        fail(text)
    print(text)


# ---- the same order ----------------------------------------------------------

def orders(store, run):
    rows = query(
        store, "SELECT v.qid, v.n_docs, k.perm FROM v_result AS v JOIN ranking "
        "AS k USING (result_id) WHERE v.label = ?", run)
    if not rows:
        fail("no rankings of run '%s' in %s" % (run, store))
    return {qid: json.loads(perm) if perm else list(range(n))
            for qid, n, perm in rows}


def calls(path):
    """{(qid, path, call): (digest of the prompt, {label: logprob})}"""
    out = {}
    for line in open(path, encoding="utf-8"):
        c = json.loads(line)
        tokens = c["answer"].get("tokens")
        if not tokens:
            fail("%s: a call without logprobs" % path)
        labels = {}
        for text, logprob in tokens[0][2]:
            if len(text.strip()) == 1 and text.strip().isupper():
                labels.setdefault(text.strip(), logprob)
        n = c.get("last_rank", 0) - c.get("first_rank", 1) + 1
        if n:
            labels = {x: v for x, v in labels.items() if ord(x) < 65 + n}
        out[c["qid"], c.get("path", ""), c["call"]] = c["prompt_sha"], labels
    return out


def steadiness(a, b):
    """The largest difference of a logprob where the same was asked."""
    most, n = 0, 0
    for key in a.keys() & b.keys():
        if a[key][0] == b[key][0]:
            for label in a[key][1].keys() & b[key][1].keys():
                most = max(most, abs(a[key][1][label] - b[key][1][label]))
                n += 1
    if not n:
        fail("the two recordings have no prompt in common")
    if most >= CLOSE:
        fail("the same prompt has logprobs that differ by %.4f" % most)
    return most


def has_close(labels, only_best):
    v = sorted(labels.values(), reverse=True)
    gaps = [x - y for x, y in zip(v, v[1:])]
    return min(gaps[:1] if only_best else gaps, default=1) < CLOSE


def swapped(one, other, labels):
    """Of one call over all candidates: pairs that stand the other way round and
    are not close."""
    at = {doc: i for i, doc in enumerate(other)}
    lp = [labels.get(chr(65 + i)) for i in range(len(one))]
    return [(i, j) for k, i in enumerate(one) for j in one[k + 1:]
            if at[i] > at[j] and lp[i] is not None and lp[j] is not None
            and abs(lp[i] - lp[j]) >= CLOSE]


def agree(store_a, run_a, calls_a, store_b, run_b, calls_b=None,
          only_best=False):
    a, b, asked = orders(store_a, run_a), orders(store_b, run_b), calls(calls_a)
    if a.keys() != b.keys():
        fail("other queries in '%s' than in '%s'" % (run_a, run_b))
    n_other = 0
    for qid in sorted(a):
        if a[qid] == b[qid]:
            continue
        n_other += 1
        mine = [labels for key, (_, labels) in asked.items() if key[0] == qid]
        if len(mine) == 1 and not only_best and len(mine[0]) == len(a[qid]):
            if swapped(a[qid], b[qid], mine[0]):
                fail("query %s: labels that are apart change places" % qid)
        elif not any(has_close(labels, only_best) for labels in mine):
            fail("query %s: orders differ and no labels are close" % qid)
    text = "%s, %s: %d of %d orders differ" % (run_a, run_b, n_other, len(a))
    if calls_b:
        text += ", logprobs by at most %.4f" % steadiness(asked, calls(calls_b))
    print(text)


def main(what, *args):
    if what == "beats":
        beats(*args)
    elif what == "choose":
        agree(*args, only_best=True)
    elif what == "agree":
        agree(*args)
    else:
        fail("no judgment '%s'" % what)


main(*sys.argv[1:])
