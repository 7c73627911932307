# Records whether rapidfuzz's partial_ratio (PyPI) reaches 90, for pairs of many kinds around that edge.
# pip install rapidfuzz==3.14.6; record_partial.py > partial_vectors.json

import json
import random

from rapidfuzz import fuzz

random.seed(20240608)
CUT_OFF = 90


def letters(alphabet: str, length: int) -> str:
    return "".join(random.choice(alphabet) for _ in range(length))


def edited(text: str, alphabet: str, edits: int) -> str:
    out = list(text)
    for _ in range(edits):
        at = random.randrange(len(out) + 1)
        draw = random.random()
        if draw < 1 / 3 and at < len(out):
            del out[at]
        elif draw < 2 / 3 and at < len(out):
            out[at] = random.choice(alphabet)
        else:
            out.insert(at, random.choice(alphabet))
    return "".join(out)


pairs = [["", ""], ["", "a"], ["a", ""], ["a", "a"], ["ab", "ba"], ["abc", "xbcx"], ["a" * 300, "a" * 299], ["😀ab", "x😀abx"]]
for alphabet in ("ab", "abcdef ", "abcdefghijklmnopqrstuvwxyzäöü 0123456789"):
    for _ in range(400):
        size = random.choice([1, 2, 3, 5, 8, 10, 13, 20, 40, 63, 64, 65, 66, 90, 128, 150, 200, 256])
        match = letters(alphabet, size)
        near = edited(match, alphabet, round(size * random.uniform(0.02, 0.2)) + random.choice([0, 0, 1]))
        before, after = (letters(alphabet, random.choice([0, 0, 1, 5, 60])) for _ in range(2))
        text = before + near + after
        if random.random() < 0.2:
            text = text[random.randrange(size // 4 + 1):]
        pairs.append([match, text] if random.random() < 0.85 else [text, match])

cases = [[*pair, int(fuzz.partial_ratio(*pair, score_cutoff=CUT_OFF) > 0)] for pair in pairs]
print('{"cutOff": ' + str(CUT_OFF) + ', "cases": [')
print(",\n".join(json.dumps(case) for case in cases))
print("]}")
