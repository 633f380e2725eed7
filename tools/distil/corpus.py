"""Sentences to learn from: the glosses, examples and compound words of WordNet 3.0, as its data files hold them."""

import pathlib
import random
import re

PARTS = ("noun", "verb", "adj", "adv")
DEFINITIONS_MAX = 60_000
COMPOUNDS_MAX = 30_000


def sentences(folder, seed=1):
    """All examples, and a sample of definitions and compounds; without repetition, in a fixed order."""
    definitions, examples, compounds = set(), set(), set()
    for part in PARTS:
        for line in (pathlib.Path(folder) / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue
            head, _, gloss = line.partition(" | ")
            fields = head.split()
            words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
            compounds.update(re.sub(r"\(\w+\)$", "", w).replace("_", " ") for w in words if "_" in w)
            examples.update(e.strip() for e in re.findall(r'"([^"]+)"', gloss))
            definition = re.sub(r"\([^)]*\)", " ", re.sub(r'"[^"]*"?', " ", gloss))
            definitions.add(" ".join(definition.replace(";", " ").split()))
    chance = random.Random(seed)
    sample = lambda of, most: chance.sample(sorted(of), min(most, len(of)))
    kept = sorted(examples) + sample(definitions - examples, DEFINITIONS_MAX) + sample(compounds, COMPOUNDS_MAX)
    return [s for s in kept if s]
