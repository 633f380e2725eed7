#!/usr/bin/env python3
"""Writes what the reference tokeniser makes of difficult texts, with the vocabulary of a table: for the tests of
`encode`. Words that cannot be cut have no piece there, so the unknown piece is left out here."""

import json
import struct
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

TEXTS = """
Could you pass the salt, please?
I'm starving!! How YOU doin'?
naïve café, Zoë's façade; São Paulo — Łódź
  tabs\tand\nlines\r\nand no-break\u00a0space \u3000 wide
under-stand e-mail re:view 3.14 1,000 50% $20 #1 @home a_b
don't can't won't it's they're o'clock
“quoted” ‘single’ «guillemets» …and more… — – - ‐
İstanbul ISTANBUL ıspanak STRASSE straße ẞ
ﬁancé ﬂoor ½ ² №5 ™ © ®
soft\u00adhyphen zero\u200bwidth joi\u200dner bom\ufeff control\u0007bell null\u0000
厨房 kitchen キッチン 부엌 кухня κουζίνα مطبخ
emoji 😀 heart ❤️ flag 🇩🇪 family 👨‍👩‍👧
antidisestablishmentarianism supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis
Chandler Bing, Rachel Green, Monica & Ross Geller
e\u0301clair a\u0308ffin n\u0303 o\u0302u combining
UPPER lower MiXeD CamelCase snake_case kebab-case
x²+y²=z² a*b/c^d ~tilde `tick` |pipe| \\back\\ {brace} [bracket] <angle>
¿Dónde está la cocina? ¡Corre!
Où est la cuisine? L'été, c'est là-bas.
Wo ist die Küche? Über den Wolken.
ไทย हिन्दी தமிழ்
€100 £5 ¥7 ¢1
ok. OK... ok?!?! (ok) [ok] "ok" 'ok'
the the the The THE
""".strip("\n").split("\n")


def vocabulary(path):
    data = open(path, "rb").read()
    pieces, _, _, size = struct.unpack("<IHHI", data[8:20])
    return data[20 : 20 + size].decode().splitlines()[:pieces]


def main(table, out):
    pieces = {piece: i for i, piece in enumerate(vocabulary(table))}
    unknown = len(pieces)
    model = models.WordPiece({**pieces, "[UNK]": unknown}, unk_token="[UNK]", max_input_chars_per_word=100)
    reference = Tokenizer(model)
    reference.normalizer = normalizers.BertNormalizer(lowercase=True)
    reference.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = TEXTS + [word for line in TEXTS for word in line.split(" ") if word]
    texts += ["", " ", "a" * 100, "a" * 101, "un" * 50, "un" * 51]
    rows = [[t, [i for i in reference.encode(t).ids if i != unknown]] for t in dict.fromkeys(texts)]
    with open(out, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
