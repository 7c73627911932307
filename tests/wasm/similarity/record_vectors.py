# Records what rapidfuzz (PyPI) says of texts of many kinds: prepared forms, every ratio, and which pairs pass
# cut-offs on the edge. pip install rapidfuzz==3.14.6; record_vectors.py > vectors.json

import hashlib
import json
import random

import rapidfuzz
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

random.seed(20240531)

SAMPLES = [
    "", " ", "\t\r\n", "...", "a", "A-b_C", "  Größe: 12,5 m² (ÄÖÜß)  ", "İstanbul ıI", "ﬁne ǅ Ǆ", "naïve café résumé",
    "e\u0301a\u0308", "Ελληνικά ΣΊΣΥΦΟΣ", "Привет, МИР!", "漢字かな交じり文、テスト。", "한국어 텍스트", "עברית", "العربية ٣٤٥",
    "😀 emoji 👩‍👩‍👧 \U0001d400\U0001d41a \U00020000\U0002a6d6", "１２３ ①②③ ½ ⅷ Ⅷ", "zero\u200bwidth\u00adsoft\ufeffbom",
    "line\u2028sep\u2029para\u0085nel", "\x00nul\x1f\x7f", "_under_score_", "ª º µ ſ K Å", "Ⓐ ⓐ Ꙁꙁ Ა ა Ꭰ ꭰ",
]


def letters(alphabet: str, length: int) -> str:
    return "".join(random.choice(alphabet) for _ in range(length))


def edited(text: str, alphabet: str, share: float) -> str:
    out = []
    for character in text:
        draw = random.random()
        if draw < share / 3:
            continue
        if draw < 2 * share / 3:
            out.append(random.choice(alphabet))
        elif draw < share:
            out += [character, random.choice(alphabet)]
        else:
            out.append(character)
    return "".join(out)


ALPHABETS = [
    "eeeeetttaaaooinnsshhrdlcumwfgypbvk     .,\n0123456789",
    "".join(chr(code) for code in range(0x4E00, 0x5100)) + "、。",
    "".join(chr(code) for code in range(0x20000, 0x20100)) + "ab ",
    "ab",
]

texts = list(SAMPLES)
for alphabet in ALPHABETS:
    for length in (5, 63, 64, 65, 130, 700):
        base = letters(alphabet, length)
        texts += [base, edited(base, alphabet, 0.02), edited(base, alphabet, 0.12), edited(base, alphabet, 0.17)]

prepared = [default_process(text) for text in texts]
scores = [
    fuzz.ratio(prepared[i], prepared[j]) for i in range(len(texts)) for j in range(i + 1, len(texts))
]

# Ratios that some pair has exactly, or just not.
edges = sorted({score for score in scores if 40 < score < 100})
ratios = [0.0, 57.0, 85.0, 100.0] + [random.choice(edges) for _ in range(12)]
ratios += [ratio + 1e-12 for ratio in ratios[-4:]]


def passing(ratio: float, cut_off: bool) -> str:
    pairs = []
    for i in range(len(texts)):
        for j in range(i + 1, len(texts)):
            extra = {"score_cutoff": ratio} if cut_off else {}
            if fuzz.ratio(prepared[i], prepared[j], **extra) >= ratio:
                pairs.append(f"{i},{j}")
    return hashlib.sha256(";".join(pairs).encode()).hexdigest()


every = default_process("a" + "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000) + "a")

print(json.dumps({
    "rapidfuzz": rapidfuzz.__version__,
    "every_code_point": hashlib.sha256(every.encode()).hexdigest(),
    "texts": texts,
    "prepared": prepared,
    "scores": scores,
    "ratios": [{"ratio": ratio, "compared": passing(ratio, False), "cut-off": passing(ratio, True)}
               for ratio in ratios],
}, ensure_ascii=True))
