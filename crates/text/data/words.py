#!/usr/bin/env python3
"""Makes the lemma tables of seven languages, as text; the example `pack_lemmas` packs them.

    python3 crates/text/data/words.py SOURCES OUT [LANGUAGE …]

SOURCES is a folder with what README.md beside this file lists. The result depends on nothing else: no clock, no
randomness, no order of files. Of every form all readings (lemmas) are gathered, then those that are too rare to be
meant are dropped, then the forms are written as suffixes: a suffix stands for all forms that end so, a longer one
corrects a shorter one. So the table holds little, and knows words that no lexicon has.
"""
import collections
import gzip
import json
import lzma
import pathlib
import sys
import unicodedata

LANGUAGES = ["de", "en", "es", "fr", "it", "nl", "pt"]
# Corpora whose licences let their counts be passed on (CC BY-SA); those kept for measuring are not here.
TREEBANKS = {
    "de": ["UD_German-PUD"],
    "en": ["UD_English-EWT", "UD_English-PUD"],
    "es": ["UD_Spanish-PUD"],
    "fr": ["UD_French-GSD", "UD_French-PUD"],
    "it": ["UD_Italian-ParlaMint", "UD_Italian-PUD"],
    "nl": ["UD_Dutch-Alpino"],
    "pt": ["UD_Portuguese-Bosque", "UD_Portuguese-PUD"],
}
# A reading of a form is kept from this share on.
SHARE_MIN = {"de": 0.12, "en": 0.1, "es": 0.09, "fr": 0.1, "it": 0.12, "nl": 0.14, "pt": 0.12}
# The estimate weighs as much as this many occurrences in a corpus.
PRIOR_WEIGHT = 3
OPENED = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th"})
APOSTROPHES = str.maketrans("", "", "'’`´ʼ‘")


def fold(word):
    word = unicodedata.normalize("NFKD", word.lower().translate(OPENED))
    return "".join(c for c in word if not unicodedata.combining(c)).translate(APOSTROPHES)


def lower(word):
    return unicodedata.normalize("NFC", word).lower()


def is_word(word):
    return word.isalpha() and len(word) <= 32


def rows_of_simplemma(sources, language):
    """The front-coded stream of simplemma 2.0: shared prefix, rest of the key, cut and rest of the value."""
    path = sources / "simplemma/simplemma/strategies/dictionaries/data" / f"{language}.plzma"
    data = lzma.decompress(path.read_bytes())
    assert data[:5] == b"SMFC1" and not data[5] & 1, "another format of simplemma"
    at = 6

    def number():
        nonlocal at
        result = shift = 0
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return result
            shift += 7

    number()
    key = value = b""
    while at < len(data):
        shared = number()
        length = number()
        key = key[:shared] + data[at : at + length]
        at += length
        cut = data[at]
        at += 1
        if cut != 254:
            length = number()
            rest = data[at : at + length]
            at += length
            value = rest if cut == 255 else key[: len(key) - cut] + rest
        yield key.decode(), value.decode()


def rows_of_spacy(sources, language):
    folder = sources / "spacy-lookups-data/spacy_lookups_data/data"
    names = [f"{language}_lemma_lookup.json.gz", f"{language}_lemma_exc.json.gz"]
    names += [f"it_lemma_lookup_{part}.json.gz" for part in ("adj", "noun", "verb", "adv", "aux")] if language == "it" else []
    for name in names:
        if not (folder / name).exists():
            continue
        table = json.load(gzip.open(folder / name))
        for part in table.values() if name.endswith("_exc.json.gz") else [table]:
            for form, lemmas in part.items():
                for lemma in [lemmas] if isinstance(lemmas, str) else lemmas:
                    yield form, lemma


def rows_of_pattern(sources, language):
    path = sources / f"pattern-verbs/{language}-verbs.txt.gz"
    if path.exists():
        for line in gzip.open(path, "rt", encoding="utf-8"):
            if line.strip() and not line.startswith(";"):
                forms = line.strip().split(",")
                yield from ((form, forms[0]) for form in forms)


def rows_of_lemminflect(sources, language):
    if language == "en":
        for line in gzip.open(sources / "lemminflect-en/lemma_lu.csv.gz", "rt", encoding="utf-8"):
            form, part, lemmas = line.strip().split(",")[:3]
            if part in ("verb", "aux", "noun", "adj", "adv"):
                yield from ((form, lemma) for lemma in lemmas.split("/"))


def readings_of(sources, language):
    readings, preferred = collections.defaultdict(set), collections.defaultdict(set)
    for rows in (rows_of_simplemma, rows_of_spacy, rows_of_pattern, rows_of_lemminflect):
        for form, lemma in rows(sources, language):
            if is_word(lower(form)) and is_word(lower(lemma)):
                readings[lower(form)].add(fold(lemma))
                if rows is rows_of_simplemma and form == form.lower():
                    preferred[lower(form)].add(fold(lemma))
    return readings, preferred


def frequencies_of(sources, language):
    import msgpack

    path = sources / "wordfreq/wordfreq/data" / f"large_{language}.msgpack.gz"
    frequencies = collections.defaultdict(float)
    for step, words in enumerate(msgpack.load(gzip.open(path), raw=False)[1:]):
        for word in words:
            frequencies[lower(word)] += 10 ** (-step / 100) * 1e6
    return frequencies


def counts_of(sources, language):
    counts = collections.defaultdict(collections.Counter)
    for treebank in TREEBANKS[language]:
        for path in sorted((sources / treebank).glob("*.conllu")):
            for line in path.read_text(encoding="utf-8").split("\n"):
                fields = line.split("\t")
                if len(fields) < 4 or not fields[0].isdigit() or fields[3] in ("PUNCT", "SYM", "X", "NUM"):
                    continue
                if is_word(lower(fields[1])) and is_word(lower(fields[2].replace("_", ""))):
                    counts[lower(fields[1])][fold(fields[2].replace("_", ""))] += 1
    return counts


def edit_of(folded, lemma):
    same = 0
    while same < min(len(folded), len(lemma)) and folded[same] == lemma[same]:
        same += 1
    return folded[same:], lemma[same:]


def estimate(readings, preferred, frequencies):
    """How likely each reading is: the lemma's frequency times how usual its inflection is, by expectation maximisation."""
    known = {}
    for form, lemmas in readings.items():
        rows = [
            (lemma, lemma[-2:] if len(lemma) > 3 else lemma, edit_of(fold(form), lemma), 3.0 if lemma in preferred.get(form, ()) else 1.0)
            for lemma in sorted(lemmas)
        ]
        known[form] = (frequencies.get(form, 0.003), rows)
    of_lemma = collections.defaultdict(lambda: 1.0)
    of_edit = collections.defaultdict(lambda: 0.1)
    estimates = {}
    for _ in range(5):
        lemma_mass, edit_mass, class_mass = (collections.defaultdict(float) for _ in range(3))
        for form, (frequency, rows) in known.items():
            scores = [(of_lemma[l] + 0.003) * (of_edit[c, e] + 0.03) * bonus for l, c, e, bonus in rows]
            total = sum(scores)
            for (l, c, e, _), score in zip(rows, scores):
                share = score / total
                estimates[form, l] = share
                lemma_mass[l] += frequency * share
                edit_mass[c, e] += min(frequency, 50) ** 0.5 * share
                class_mass[c] += min(frequency, 50) ** 0.5 * share
        of_lemma = lemma_mass
        of_edit = collections.defaultdict(float, {key: mass / class_mass[key[0]] for key, mass in edit_mass.items()})
    return estimates


def decided(readings, estimates, counts, share_min):
    for form, seen in counts.items():
        total = sum(seen.values())
        for lemma, count in seen.items():
            if count >= 2 and count / total >= 0.05:
                readings[form].add(lemma)
    result = {}
    for form, lemmas in readings.items():
        seen = counts.get(form, collections.Counter())
        total = sum(seen.values())
        share = {l: (PRIOR_WEIGHT * estimates.get((form, l), 0.0) + seen[l]) / (PRIOR_WEIGHT + total) for l in lemmas}
        most = max(share.values())
        result[form] = {l for l in lemmas if share[l] >= share_min or share[l] == most}
    return result


def by_hand(language, result):
    """Readings that people decided, in readings.tsv: language, form, lemmas; they replace what was found."""
    for line in (pathlib.Path(__file__).parent / "readings.tsv").read_text(encoding="utf-8").split("\n"):
        if line.startswith(language + "\t"):
            _, lemmas, forms = line.split("\t")
            for form in forms.split(" "):
                result[form] = {fold(lemma) for lemma in lemmas.split(" ")}


def rule_of(folded, lemma):
    """How a lemma is made: `infix|characters cut|rest`; the infix (ge, zu) is taken out where it stands first."""
    best = None
    for infix in ("", "ge", "zu"):
        at = folded.find(infix)
        if at < 0:
            continue
        cut, rest = edit_of(folded[:at] + folded[at + len(infix) :], lemma)
        if len(cut) < len(folded) - len(infix) or not infix:
            cost = len(cut) + 2 * len(rest) + 3 * bool(infix)
            if best is None or cost < best[0]:
                best = (cost, f"{infix}|{len(cut)}|{rest}")
    return best[1]


def table_of(result):
    """Suffix to rules, as few as give every form its rules (Hartigan's labelling of the tree of suffixes)."""
    rules = {}
    for form in sorted(result):
        rules[form[::-1]] = " ".join(sorted(rule_of(fold(form), lemma) for lemma in result[form]))
    for form in sorted(result):
        folded = fold(form)
        if folded != form and folded not in result:
            key = folded[::-1]
            rules[key] = " ".join(sorted(set(rules.get(key, "").split(" ") if key in rules else []) | set(rules[form[::-1]].split(" "))))
    keys = sorted(rules)
    sys.setrecursionlimit(10_000)

    def label(low, high, depth):
        """A node: its depth, the labels that cost least, its children."""
        if high - low == 1:
            return depth, {rules[keys[low]]}, low
        first, last = keys[low], keys[high - 1]
        while len(first) > depth and len(last) > depth and first[depth] == last[depth]:
            depth += 1
        children, at = [], low
        if len(keys[low]) == depth:
            children.append((depth + 1, {rules[keys[low]]}, low))
            at += 1
        while at < high:
            end, c = at, keys[at][depth]
            while end < high and keys[end][depth] == c:
                end += 1
            children.append(label(at, end, depth + 1))
            at = end
        votes = collections.Counter(l for child in children for l in child[1])
        most = max(votes.values())
        return depth, {l for l, n in votes.items() if n == most}, children

    rows = []

    def write(node, inherited, prefix_of):
        depth, labels, children = node
        chosen = inherited
        if inherited not in labels:
            chosen = min(labels, key=lambda l: (len(l), l))
            key = keys[prefix_of]
            # One word alone says nothing about others: it is written whole.
            rows.append((key + "^" if isinstance(children, int) else key[:depth], chosen))
        if not isinstance(children, int):
            for child in children:
                at = child
                while not isinstance(at[2], int):
                    at = at[2][0]
                write(child, chosen, at[2])

    root = label(0, len(keys), 0)
    write(root, None, 0)
    return sorted(rows, key=lambda row: row[0].encode())


def main():
    sources, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for language in sys.argv[3:] or LANGUAGES:
        readings, preferred = readings_of(sources, language)
        frequencies = frequencies_of(sources, language)
        estimates = estimate(readings, preferred, frequencies)
        result = decided(readings, estimates, counts_of(sources, language), SHARE_MIN[language])
        spoken = {lemma for form, lemmas in result.items() if frequencies.get(form) for lemma in lemmas}
        # Words that nobody writes would only take room.
        result = {form: lemmas for form, lemmas in result.items() if lemmas & spoken}
        by_hand(language, result)
        rows = table_of(result)
        (out / f"lemmas-{language}.tsv").write_text("".join(f"{key}\t{rules}\n" for key, rules in rows), encoding="utf-8")
        print(language, len(result), "forms,", len(rows), "rows")


if __name__ == "__main__":
    main()
