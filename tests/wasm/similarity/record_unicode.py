# Records what rapidfuzz's default_process does to every code point as the tables of the text preparation:
# pip install rapidfuzz==3.14.6; record_unicode.py > wasm/similarity/src/unicode.rs
# Invariant: the tables are recorded, not derived from any Unicode version, because rapidfuzz has its own.

import rapidfuzz
from rapidfuzz.utils import default_process


def processed(code: int) -> str:
    result = default_process("a" + chr(code) + "a")
    assert len(result) == 3 and result[0] == result[2] == "a"
    return result[1]


kept, lowered = [], []
for code in range(0x110000):
    to = processed(code)
    if to == " ":
        continue
    if kept and kept[-1][1] == code - 1:
        kept[-1][1] = code
    else:
        kept.append([code, code])
    if to != chr(code):
        delta = ord(to) - code
        # Runs of equal distance: neighbours (Latin capitals) or every other one (capitals beside their letters).
        run = lowered[-1] if lowered else None
        if run and run[3] == delta and code - run[1] == run[2]:
            run[1] = code
        elif run and run[3] == delta and run[0] == run[1] and code - run[1] in (1, 2):
            run[1], run[2] = code, code - run[1]
        else:
            lowered.append([code, code, 1, delta])

print(f"""//! What upstream's text preparation does to each code point: recorded from default_process of rapidfuzz
//! {rapidfuzz.__version__} by tests/wasm/similarity/record_unicode.py. Generated; don't edit.

/// Code points that stay (letters and numbers): first and last of each range. All others become a space.
pub const KEPT: [(u32, u32); {len(kept)}] = [""")
line = "   "
for first, last in kept:
    item = f" (0x{first:x}, 0x{last:x}),"
    if len(line + item) > 110:
        print(line)
        line = "   "
    line += item
print(line)
print(f"""];

/// Code points that are put in lower case: first, last, step, and what is added.
pub const LOWERED: [(u32, u32, u32, i32); {len(lowered)}] = [""")
line = "   "
for first, last, step, delta in lowered:
    item = f" (0x{first:x}, 0x{last:x}, {step}, {delta}),"
    if len(line + item) > 110:
        print(line)
        line = "   "
    line += item
print(line)
print("];")
