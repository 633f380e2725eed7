#!/usr/bin/env python3
"""Distils a sentence encoder into a table of vectors, one for each piece of a word. README.md says how to run it.

1. Each piece of the vocabulary goes through the model alone; common pieces are weighted down (by the rank that BERT's
   vocabulary is sorted by). That is where training starts, and where pieces that the corpus never shows stay.
2. The vectors of pieces are trained so that the mean over a sentence points where the model's vector of the sentence
   points. Sentences come whole, as short fragments (queries are short) and as neighbours joined (windows of dialogue).
3. The vectors are cut to fewer dimensions along the principal axes of the trained sentences, turned so that all
   dimensions carry alike, and written with 4 bits a number and one scale a piece.
"""

import argparse
import pathlib
import random
import struct

import numpy as np
import torch

from corpus import sentences
from teacher import Teacher

MAGIC = b"RUSHENC1"
SPECIAL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
FIRST_COMMON = 994  # the pieces before are unused; those behind are sorted by how common they are
WEIGHT = 1e-3
PIECES_MAX = 64


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of the model, as sentence-transformers keeps it")
    parser.add_argument("--wordnet", required=True, help="folder with WordNet's data.noun, data.verb, …")
    parser.add_argument("--out", required=True, help="the table to write")
    parser.add_argument("--work", default="distil-work", help="folder for what takes long to make")
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def kept(path, make):
    """What `make` gives, kept in a file."""
    if not path.exists():
        torch.save(make(), path)
    return torch.load(path)


def is_taken(piece):
    """Latin letters, digits, and what stands between them: the model knows English."""
    rest = piece.removeprefix("##")
    return piece not in SPECIAL and not piece.startswith("[unused") and all(ord(c) < 0x250 or 0x2010 <= ord(c) <= 0x20AF for c in rest)


def variants(whole, seed):
    """Sentences whole, fragments of them, and pairs of them."""
    chance = random.Random(seed)
    texts = list(whole)
    for text in whole:
        words = text.split()
        if len(words) > 4 and chance.random() < 0.5:
            size = chance.randint(2, 5)
            begin = chance.randint(0, len(words) - size)
            texts.append(" ".join(words[begin : begin + size]))
    for _ in range(len(whole) // 5):
        texts.append(f"{chance.choice(whole)} {chance.choice(whole)}")
    chance.shuffle(texts)
    return texts


def start(teacher):
    """The vectors of the pieces alone, common ones weighted down."""
    size = len(teacher.vocabulary)
    vectors = torch.zeros(size, teacher.model.config.hidden_size)
    cls, sep = teacher.tokeniser.cls_token_id, teacher.tokeniser.sep_token_id
    with torch.inference_mode():
        for begin in range(0, size, 1024):
            ids = torch.tensor([[cls, i, sep] for i in range(begin, min(begin + 1024, size))])
            vectors[begin : begin + 1024] = teacher.model(input_ids=ids).last_hidden_state.float().mean(1)
    chance = 1.0 / torch.clamp(torch.arange(size).float() - FIRST_COMMON, min=1)
    chance /= chance.sum()
    return vectors * (WEIGHT / (WEIGHT + chance))[:, None]


def rows_of(teacher, texts):
    return teacher.tokeniser(texts, add_special_tokens=False, truncation=True, max_length=PIECES_MAX)["input_ids"]


def bags(rows, which):
    lengths = [len(rows[i]) for i in which]
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return torch.tensor([t for i in which for t in rows[i]]), torch.tensor(offsets)


def train(weights, rows, targets, epochs, seed, batch=1024, rate=3e-3):
    """Trains in place; only rows whose pieces are seen move."""
    table = torch.nn.EmbeddingBag.from_pretrained(weights.clone(), freeze=False, mode="sum")
    optimiser = torch.optim.Adam(table.parameters(), lr=rate)
    order = [i for i, row in enumerate(rows) if row]
    held, order = order[:3000], order[3000:]
    steps, step = epochs * (len(order) // batch), 0
    for epoch in range(epochs):
        random.Random(seed + epoch).shuffle(order)
        for begin in range(0, len(order) - batch, batch):
            optimiser.param_groups[0]["lr"] = rate * (1 - step / steps)
            which = order[begin : begin + batch]
            made = torch.nn.functional.normalize(table(*bags(rows, which)))
            loss = (1 - (made * targets[which]).sum(1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
        with torch.no_grad():
            made = torch.nn.functional.normalize(table(*bags(rows, held)))
        print(f"epoch {epoch + 1}: cosine to the model {(made * targets[held]).sum(1).mean():.4f}", flush=True)
    return table.weight.detach()


def cut(weights, rows, dimensions, seed):
    """Fewer dimensions, turned so that all carry alike."""
    which = [i for i, row in enumerate(rows) if row][:20_000]
    made = torch.nn.functional.normalize(torch.nn.functional.embedding_bag(bags(rows, which)[0], weights, bags(rows, which)[1], mode="sum"))
    _, spread, axes = torch.linalg.svd(made, full_matrices=False)
    share = (spread[:dimensions] ** 2).sum() / (spread**2).sum()
    print(f"{dimensions} dimensions keep {share:.4f} of the squares")
    turn, _ = torch.linalg.qr(torch.randn(dimensions, dimensions, generator=torch.Generator().manual_seed(seed)))
    return weights @ axes[:dimensions].T @ turn


def quantise(vectors):
    """4 bits a number: -7 … 7 times a scale, the scale of a row that loses least."""
    rows = vectors.numpy().astype(np.float64)
    top = np.abs(rows).max(1, keepdims=True)
    best, best_loss = None, np.full(len(rows), np.inf)
    for share in np.linspace(0.5, 1.0, 11):
        scale = np.maximum(top * share / 7, 1e-12)
        codes = np.clip(np.rint(rows / scale), -7, 7)
        loss = ((codes * scale - rows) ** 2).sum(1)
        better = loss < best_loss
        if best is None:
            best = [codes, scale]
        best[0][better], best[1][better] = codes[better], scale[better]
        best_loss = np.minimum(loss, best_loss)
    return best[0].astype(np.int8), best[1][:, 0].astype("<f4")


def write(path, pieces, codes, scales):
    vocabulary = "".join(f"{piece}\n" for piece in pieces).encode()
    shifted = (codes + 8).astype(np.uint8)
    packed = shifted[:, 0::2] | (shifted[:, 1::2] << 4)
    header = MAGIC + struct.pack("<IHHI", len(pieces), codes.shape[1], 0, len(vocabulary))
    pathlib.Path(path).write_bytes(header + vocabulary + scales.tobytes() + packed.tobytes())
    print(f"{path}: {len(pieces)} pieces, {pathlib.Path(path).stat().st_size} bytes")


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    work = pathlib.Path(args.work)
    work.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(args.model)
    texts = variants(sentences(args.wordnet, args.seed), args.seed)
    print(f"{len(texts)} texts")
    begin = kept(work / "start.pt", lambda: start(teacher))
    fast = lambda: Teacher(args.model, torch.bfloat16).encode(texts, batch=256, most=PIECES_MAX)
    targets = kept(work / "targets.pt", fast)
    rows = rows_of(teacher, texts)
    trained = kept(work / "trained.pt", lambda: train(begin, rows, targets, args.epochs, args.seed))
    taken = [i for i, piece in enumerate(teacher.vocabulary) if is_taken(piece)]
    small = cut(trained, rows, args.dimensions, args.seed)[taken]
    codes, scales = quantise(small)
    write(args.out, [teacher.vocabulary[i] for i in taken], codes, scales)


if __name__ == "__main__":
    main()
