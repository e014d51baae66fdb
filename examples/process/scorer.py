# SPDX-License-Identifier: Apache-2.0
"""A reranker in Python: replace score() by a model.

    rerankbench run --reranker "process(command='python3 scorer.py')" ...

This one scores a document by its place, so the last one comes first, as with
the built-in `reverse`. The protocol is in docs/process.md.
"""
import json
import sys

answers = sys.stdout
sys.stdout = sys.stderr  # what libraries print must not be taken for answers


def score(query, doc, place):
    return float(place)


def say(message):
    print(json.dumps(message), file=answers, flush=True)


# Load the model here: it is not counted as latency.
say({"rerankbench": 1, "ready": True, "max_in_flight": 1, "name": "scorer.py"})
for line in sys.stdin:
    request = json.loads(line)
    print("query", request["qid"], "of", len(request["docs"]), "documents")
    scores = [score(request["query"], doc, place)
              for place, doc in enumerate(request["docs"])]
    say({"id": request["id"], "scores": scores, "calls": len(scores)})
