#!/usr/bin/env python3
"""Measures the built-in encoder, as `rushes encode --lines` gives it, against the model it was distilled from and against
words (BM25).

    python tools/distil/measure.py --rushes target/debug/rushes --model FOLDER --data ../shared/data

* Pairs: over pairs of sentences, near ones and far ones, how alike the two orders are (Spearman).
* Same clip: descriptions of moments, each a question; is another description of the same clip among the first k?
* Translations: sentences of other languages, each a question for its English translation among a thousand.
"""

import argparse
import collections
import gzip
import json
import pathlib
import re
import subprocess

import numpy as np

CLIPS = 500


def rushes(program, texts):
    lines = "".join(" ".join(t.split()) + "\n" for t in texts)
    out = subprocess.run([program, "encode", "--lines"], input=lines, capture_output=True, text=True, check=True).stdout
    vectors = [json.loads(line) for line in out.splitlines()]
    size = next(len(v) for v in vectors if v)
    return np.array([v or [0.0] * size for v in vectors], np.float32)


def teacher(folder, texts):
    from teacher import Teacher

    return Teacher(folder).encode(texts).numpy()


def bm25(texts, k1=1.2, b=0.75):
    """Scores of every text as a question for every text."""
    words = [re.findall(r"\w+", t.lower()) for t in texts]
    known = {w: i for i, w in enumerate(sorted({w for d in words for w in d}))}
    mean = sum(map(len, words)) / len(words)
    counts = np.zeros((len(texts), len(known)), np.float32)
    for row, found in enumerate(words):
        for word, n in collections.Counter(found).items():
            counts[row, known[word]] = n
    length = counts.sum(1, keepdims=True)
    in_texts = (counts > 0).sum(0)
    idf = np.log(1 + (len(texts) - in_texts + 0.5) / (in_texts + 0.5))
    weights = counts * (k1 + 1) / (counts + k1 * (1 - b + b * length / mean)) * idf
    return (counts > 0).astype(np.float32) @ weights.T


def ranks(values):
    return np.argsort(np.argsort(values))


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def recall(scores, good, most=(1, 5, 10)):
    order = np.argsort(-scores, 1, kind="stable")[:, : max(most)]
    hits = np.take_along_axis(good, order, 1)
    return {k: round(float(hits[:, :k].any(1).mean()), 4) for k in most}


def pairs(reference, seed=1):
    """Pairs of rows: neighbours of several distances, and any two."""
    chance = np.random.default_rng(seed)
    alike = reference @ reference.T
    found = set()
    for i in chance.permutation(len(reference))[:1500]:
        order = np.argsort(-alike[i])
        found.update((int(i), int(order[r])) for r in (1, 3, 10, 30, 100, 300))
        found.update((int(i), int(j)) for j in chance.integers(0, len(reference), 3) if j != i)
    return np.array(sorted(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("rushes", "model", "data"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    data = pathlib.Path(args.data)
    with gzip.open(data / "tvr" / "tvr_val_release.bbt-friends-met.jsonl.gz", "rt") as file:
        moments = [json.loads(line) for line in file]
    kept = set(sorted({m["vid_name"] for m in moments})[:CLIPS])
    moments = [m for m in moments if m["vid_name"] in kept]
    described, clips = [m["desc"] for m in moments], np.array([m["vid_name"] for m in moments])
    everyday = (data / "tatoeba-pairs" / "tatoeba.spa-eng.eng").read_text().splitlines()
    texts = described + everyday
    ours, full = rushes(args.rushes, texts), teacher(args.model, texts)
    which = pairs(full)
    cosines = [(v[which[:, 0]] * v[which[:, 1]]).sum(1) for v in (ours, full)]
    print(f"pairs: {len(which)}, Spearman to the model {spearman(*cosines):.4f}")
    n = len(described)
    good = (clips[:, None] == clips[None]) & ~np.eye(n, dtype=bool)
    words = bm25(described)
    scores = {"built in": ours[:n] @ ours[:n].T, "model": full[:n] @ full[:n].T, "words": words}
    both = 1 / (60 + ranks_of(scores["built in"])) + 1 / (60 + ranks_of(words))
    for name, score in [*scores.items(), ("built in and words (rrf)", both)]:
        print(f"same clip, {n} questions, {name}: recall@k {recall(score - 1e9 * np.eye(n), good)}")
    for language in ("spa", "fra", "deu", "ita", "por", "nld"):
        stem = data / "tatoeba-pairs" / f"tatoeba.{language}-eng"
        foreign, english = (pathlib.Path(f"{stem}.{end}").read_text().splitlines() for end in (language, "eng"))
        a, b = rushes(args.rushes, foreign), rushes(args.rushes, english)
        print(f"translations from {language}: recall@k {recall(a @ b.T, np.eye(len(a), dtype=bool))}")


def ranks_of(scores):
    """The rank of each text for each question, from 1."""
    scores = scores - 1e9 * np.eye(len(scores))
    return np.argsort(np.argsort(-scores, 1, kind="stable"), 1) + 1


if __name__ == "__main__":
    main()
