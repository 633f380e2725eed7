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
import math
import pathlib
import re
import sys
import unicodedata

LANGUAGES = ["de", "en", "es", "fr", "it", "nl", "pt"]
# File, what stands between the fields, encoding.
DICTIONARIES = {
    "de": ("german.txt", "_", "utf-8"),
    "fr": ("french.txt", "_", "utf-8"),
    "it": ("italian.txt", "_", "iso-8859-15"),
    "nl": ("dutch.txt", "~", "utf-8"),
}
# Folder, and the flags that inflect: the others derive other words, or write pronouns onto verbs.
HUNSPELL = {
    "es": {"dictionary-es": "SGDEIRX" + "".join(map(chr, range(0xC0, 0x100)))},
    "pt": {"dictionary-pt-pt": "KXYZafpke", "dictionary-pt": "ABCDFLabcdefghitw"},
}
# Of these flags only the participles are taken.
PARTICIPLES_ONLY = {"pt": "Lb"}
# Corpora whose licences let their counts be passed on; those kept for measuring are not here.
TREEBANKS = {
    "de": ["UD_German-PUD"],
    "en": ["UD_English-EWT", "UD_English-PUD"],
    "es": ["UD_Spanish-PUD", "UD_Spanish-COSER"],
    "fr": ["UD_French-GSD", "UD_French-PUD", "UD_French-ParisStories", "UD_French-Rhapsodie"],
    "it": ["UD_Italian-ParlaMint", "UD_Italian-PUD"],
    "nl": ["UD_Dutch-Alpino"],
    "pt": ["UD_Portuguese-Bosque", "UD_Portuguese-PUD", "UD_Portuguese-PetroGold", "UD_Portuguese-Porttinari"],
}
# The dictionaries of these languages have a licence that does not mix with that of most corpora: what the corpora
# say is a table of its own. Here is what may go into the first.
APART = {"es": [], "pt": ["UD_Portuguese-Porttinari"]}
# A word must be so often in the corpora to be in the table of its own.
SEEN_MIN = 5
# All that these dictionaries have is kept.
SMALL = {"pt": ["dictionary-pt-pt"]}
# What the tags of nouns begin with, where compounds are one word.
NOUNS = {"de": "SUB:", "nl": "ZNW:"}
# Letters of a part of a compound, and how often it must be alone in a million words: rarer ones are mostly chance.
PART_MIN, PART_MAX, PART_FREQUENCY_MIN = 3, 14, 1.0
# Nouns that are most often an ending or a beginning of another word.
NO_PARTS = {
    "de": set(
        "ung heit keit schaft lich isch tion ion ei er ern in ist ent ant eur ling nis sal tum ver ge ment tat ate age ade "
        "ier ine ehe eis erz gen ich ist all alt amt aus ast ob ost reich los mal voll weise werk art end ins ans ums "
        "ries ster ster ton ner rat rin tin lin rie tie nie sie ein eins eine".split()
    ) - set("werk ehe eis erz amt ost rat ton ast art".split()),
    "nl": set("ing heid schap tie ie er en de te ver ge baar lijk ster ten den ren len sen ons een het dat ene iek aar aal".split()),
}
# A reading of a form is kept from this share on.
SHARE_MIN = {"de": 0.12, "en": 0.2, "es": 0.2, "fr": 0.3, "it": 0.2, "nl": 0.15, "pt": 0.2}
# The estimate weighs as much as this many occurrences in a corpus.
PRIOR_WEIGHT = 3
# A reading whose lemma has no other form weighs less.
LONE = 0.2
# Up to this many letters a word is known whole or not at all.
WHOLE_MAX = 3
OPENED = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th"})
APOSTROPHES = str.maketrans("", "", "'’`´ʼ‘")


def fold(word):
    word = unicodedata.normalize("NFKD", word.lower().translate(OPENED))
    return "".join(c for c in word if not unicodedata.combining(c)).translate(APOSTROPHES)


def lower(word):
    return unicodedata.normalize("NFC", word).lower()


def is_word(word):
    return word.isalpha() and len(word) <= 32


def rows_of_dictionary(sources, language):
    """Morfologik dictionaries, decompiled to lines `lemma<SEPARATOR>form<SEPARATOR>tags`."""
    if language in DICTIONARIES:
        name, separator, encoding = DICTIONARIES[language]
        for line in (sources / "dictionaries" / name).open(encoding=encoding):
            fields = line.rstrip("\n").split(separator)
            if len(fields) >= 2 and is_plausible(fold(fields[1]), fold(fields[0])):
                yield fields[1], fields[0]


def is_plausible(form, lemma):
    """Slips of the makers have nothing in common; the few true ones of that kind are in readings.tsv."""
    if not form or not lemma or form[0] == lemma[0]:
        return len(form) <= 5 or form[:2] == lemma[:2]
    return len(form) > WHOLE_MAX and (len(form) <= 5 or form.startswith(("ge", lemma[:1])) or len(lemma) <= 5)


def rows_of_hunspell(sources, language, folders=None):
    """The forms that a spelling dictionary makes of its entries, by the flags that inflect."""
    for folder, flags in HUNSPELL.get(language, {}).items():
        if folders and folder not in folders:
            continue
        rules = collections.defaultdict(list)
        for line in (sources / folder / "index.aff").open(encoding="utf-8", errors="replace"):
            fields = line.split()
            if len(fields) >= 5 and fields[0] == "SFX" and fields[1] in flags:
                cut, rest = (field.split("/")[0].replace("0", "") for field in fields[2:4])
                rules[fields[1]].append((cut, rest, re.compile("(?:" + fields[4] + ")$")))
        for line in (sources / folder / "index.dic").open(encoding="utf-8", errors="replace"):
            word, _, of_word = line.split("\t")[0].strip().partition("/")
            # A name is no inflected word, and what it looks like is one.
            if not is_word(word) or word != word.lower():
                continue
            yield word, word
            for flag in of_word.split(" ")[0]:
                for cut, rest, condition in rules.get(flag, ()):
                    if word.endswith(cut) and condition.search(word):
                        form = word[: len(word) - len(cut)] + rest
                        if flag not in PARTICIPLES_ONLY.get(language, "") or re.search("[ai]d[oa]s?$", form):
                            yield form, word


def rows_of_lemminflect(sources, language):
    if language == "en":
        for line in gzip.open(sources / "lemminflect-en/lemma_lu.csv.gz", "rt", encoding="utf-8"):
            form, part, lemmas = line.strip().split(",")[:3]
            if part in ("verb", "aux", "noun", "adj", "adv"):
                yield from ((form, lemma) for lemma in lemmas.split("/"))


def readings_of(sources, language):
    readings = collections.defaultdict(set)
    for rows in (rows_of_dictionary, rows_of_hunspell, rows_of_lemminflect):
        for form, lemma in rows(sources, language):
            if is_word(form) and is_word(lemma):
                readings[lower(form)].add(fold(lemma))
    return readings


def frequencies_of(sources, language):
    """Occurrences in a million words."""
    frequencies = collections.defaultdict(float)
    if language == "es":
        path = sources / "spacy-lookups-data/spacy_lookups_data/data/es_lexeme_prob.json.gz"
        for word, logarithm in json.load(gzip.open(path)).items():
            if logarithm > -19:
                frequencies[lower(word)] += math.exp(logarithm) * 1e6
    elif language == "pt":
        words = [lower(word) for word, _ in words_of(sources, ["UD_Portuguese-Porttinari"])]
        for word in words:
            frequencies[word] += 1e6 / len(words)
    else:
        import msgpack

        path = sources / "wordfreq/wordfreq/data" / f"large_{language}.msgpack.gz"
        for step, words in enumerate(msgpack.load(gzip.open(path), raw=False)[1:]):
            for word in words:
                frequencies[lower(word)] += 10 ** (-step / 100) * 1e6
    return frequencies


def words_of(sources, treebanks):
    """Words and lemmas of running text."""
    for treebank in treebanks:
        for path in sorted((sources / treebank).glob("*.conllu")):
            for line in path.read_text(encoding="utf-8").split("\n"):
                fields = line.split("\t")
                if len(fields) < 4 or not fields[0].isdigit() or fields[3] in ("PUNCT", "SYM", "X", "NUM"):
                    continue
                lemma = fields[2].replace("_", "").replace("|", "")
                if is_word(fields[1]) and is_word(lemma):
                    yield fields[1], lemma


def counts_of(sources, treebanks):
    counts = collections.defaultdict(collections.Counter)
    for word, lemma in words_of(sources, treebanks):
        counts[lower(word)][fold(lemma)] += 1
    return counts


def edit_of(folded, lemma):
    same = 0
    while same < min(len(folded), len(lemma)) and folded[same] == lemma[same]:
        same += 1
    return folded[same:], lemma[same:]


def estimate(readings, frequencies):
    """How likely each reading is: the lemma's frequency times how usual its inflection is, by expectation maximisation."""
    known, forms_of = {}, collections.Counter()
    for form, lemmas in readings.items():
        rows = [
            (lemma, lemma[-2:] if len(lemma) > 3 else lemma, edit_of(fold(form), lemma))
            for lemma in sorted(lemmas)
        ]
        known[form] = (frequencies.get(form, 0.003), rows)
        for lemma in lemmas:
            forms_of[lemma] += 1
    of_lemma = collections.defaultdict(lambda: 1.0)
    of_edit = collections.defaultdict(lambda: 0.1)
    estimates = {}
    for _ in range(5):
        lemma_mass, edit_mass, class_mass = (collections.defaultdict(float) for _ in range(3))
        for form, (frequency, rows) in known.items():
            # A word that a dictionary has in no other form is often a slip of its makers.
            scores = [
                (of_lemma[l] + 0.003) * (of_edit[c, e] + 0.03) * (LONE if forms_of[l] == 1 and len(rows) > 1 else 1.0)
                for l, c, e in rows
            ]
            total = sum(scores)
            for (l, c, e), score in zip(rows, scores):
                share = score / total
                estimates[form, l] = share
                lemma_mass[l] += frequency * share
                edit_mass[c, e] += min(frequency, 50) ** 0.5 * share
                class_mass[c] += min(frequency, 50) ** 0.5 * share
        of_lemma = lemma_mass
        of_edit = collections.defaultdict(float, {key: mass / class_mass[key[0]] for key, mass in edit_mass.items()})
    return estimates


def decided(readings, estimates, counts, share_min, hand):
    for form, seen in counts.items():
        total = sum(seen.values())
        for lemma, count in seen.items():
            if count >= 2 and count / total >= 0.05:
                readings[form].add(lemma)
    result = {}
    for form, lemmas in hand.items():
        readings[form] = {l for l, count in counts.get(form, {}).items() if count >= 2} | lemmas
        estimates.update({(form, l): (l in lemmas) / len(lemmas) for l in readings[form]})
    for form, lemmas in readings.items():
        seen = counts.get(form, collections.Counter())
        total = sum(seen.values())
        share = {l: (PRIOR_WEIGHT * estimates.get((form, l), 0.0) + seen[l]) / (PRIOR_WEIGHT + total) for l in lemmas}
        most = max(share.values())
        result[form] = {l for l in lemmas if share[l] >= share_min or share[l] == most} | hand.get(form, set())
    return result


def by_hand(language):
    """Readings that people decided, in readings.tsv: language, lemma, forms."""
    result = collections.defaultdict(set)
    for line in (pathlib.Path(__file__).parent / "readings.tsv").read_text(encoding="utf-8").split("\n"):
        if line.startswith(language + "\t"):
            _, lemma, forms = line.split("\t")
            for form in forms.split(" "):
                result[form].add(fold(lemma))
    return result


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


def rules_of(form, lemmas):
    return " ".join(sorted(rule_of(fold(form), lemma) for lemma in lemmas))


def table_of(result):
    """Suffix to rules, as few as give every form its rules (Hartigan's labelling of the tree of suffixes)."""
    rules, whole = {}, []
    for form in sorted(result):
        rules[form] = rules_of(form, result[form])
    # Who types no accents means any of the words that are so without them, unless the folded spelling is a word.
    for form in sorted(result):
        folded = fold(form)
        if folded != form and folded not in result:
            known = set(rules.get(folded, "").split(" ")) - {""}
            rules[folded] = " ".join(sorted(known | set(rules[form].split(" "))))
    # Endings say nothing of the shortest words: these are written whole, and what is not here is its own lemma.
    for form in [form for form in rules if len(form) <= WHOLE_MAX]:
        of_form = rules.pop(form)
        if of_form != "|0|":
            whole.append((form[::-1] + "^", of_form))
    rules = {form[::-1]: of_form for form, of_form in rules.items()}
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
    return sorted(rows + whole, key=lambda row: row[0].encode())


def main():
    sources, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for language in sys.argv[3:] or LANGUAGES:
        readings, frequencies = readings_of(sources, language), frequencies_of(sources, language)
        spoken = {lemma for form, lemmas in readings.items() if frequencies.get(form) for lemma in lemmas}
        # Words that nobody writes would only take room; a small dictionary has none of these.
        if language in SMALL:
            spoken |= {fold(lemma) for _, lemma in rows_of_hunspell(sources, language, SMALL[language])}
        readings = collections.defaultdict(set, {form: lemmas for form, lemmas in readings.items() if lemmas & spoken})
        hand = by_hand(language)
        counts = counts_of(sources, (APART if language in APART else TREEBANKS)[language])
        result = decided(readings, estimate(readings, frequencies), counts, SHARE_MIN[language], hand)
        write(out / f"lemmas-{language}.tsv", table_of(result))
        if language in NOUNS:
            write(out / f"parts-{language}.tsv", [(part, "") for part in parts_of(sources, language, frequencies)])
        print(language, len(result), "forms")
        if language in APART:
            counts = counts_of(sources, TREEBANKS[language])
            seen = {form: lemmas for form, lemmas in counts.items() if lemmas.total() >= SEEN_MIN}
            readings = collections.defaultdict(set, {form: set(lemmas) for form, lemmas in seen.items()})
            hand = {form: lemmas for form, lemmas in hand.items() if form in seen}
            result = decided(readings, {}, seen, SHARE_MIN[language], hand)
            write(out / f"lemmas-{language}-seen.tsv", [(form[::-1] + "^", rules_of(form, result[form])) for form in result])


def parts_of(sources, language, frequencies):
    """The nouns of which compounds are made, folded."""
    name, separator, encoding = DICTIONARIES[language]
    parts = set()
    for line in (sources / "dictionaries" / name).open(encoding=encoding):
        fields = line.rstrip("\n").split(separator)
        lemma = lower(fields[0])
        if len(fields) > 2 and fields[2].startswith(NOUNS[language]) and lemma not in parts and is_word(lemma):
            if PART_MIN <= len(fold(lemma)) <= PART_MAX and frequencies.get(lemma, 0) >= PART_FREQUENCY_MIN:
                parts.add(lemma)
    return sorted({fold(lemma) for lemma in parts} - NO_PARTS[language])


def write(path, rows):
    rows = sorted(rows, key=lambda row: row[0].encode())
    path.write_text("".join(f"{key}\t{rules}\n" for key, rules in rows), encoding="utf-8")
    print(path.name, len(rows), "rows")


if __name__ == "__main__":
    main()
