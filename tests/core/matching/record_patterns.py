# Records what Python's regex module says of patterns of many kinds: whether they are valid, and in which texts they
# find something. pip install regex==2026.5.9; record_patterns.py > patterns.json

import json
import random

import regex

random.seed(20240607)

TEXTS = [
    "", "a", "ab", "abc", "aab", "foo bar", "Foo-Bar_baz 42", "Invoice 2021-03-04\nTotal due: 1,234.50 EUR\n",
    "DE12 3456 7890 1234 5678 90", "straße STRASSE ſtraße ẞ", "Ärger über Öl\nÄRGER ÜBER ÖL", "İstanbul ısı ISI isi",
    "e\u0301a\u0308 naïve", "x² ½ Ⅷ ① ٣٤٥ 123", "a\u200db\u200cc", "line1\rline2\u2028line3\u0085end\x0bx\x1cy", "\n", "a\n", "\na\n\n",
    "漢字 かな", "😀 emoji 👍🏽", "K Å K Å µ μ", "a.b*c+d?e(f)g[h]i{j}k|l^m$n\\o", "aaaaaaaaaa", "aaaabbbb", "abab", "{e} a{x} {1}",
    "tab\tnb\u00a0sp\u3000end", "(alpha) _beta_ gamma-delta", "$12.00 €5 100%", "ΣΊΣΥΦΟΣ σίσυφος", "word", "  spaced  out  ",
]

FIXED = r"""
a{2}{3}|*a|a**|a*+b|a{,3}|a{}|a{,}|a{x}|a{e}|a{1,2|a{ 1 }|\q|\ä|\_|(?i)a|a(?i)b|(?-i)a|(?i-s:a.)|(?s)a.b|[[:alpha:]]+
[[a]b]|[]a]|[a|[^]a]|[z-a]|[\w-z]|[a-\d]|\8|\1|(a)\1|\07|\01|\400|[\b]|\b{2}a|^*|(?=a)*b|x(?#c)y|(?P<a>a)(?P=a)|(?<a>b)\g<a>
\g<1>(a)|(?>a+)b|(?>a+)ab|a++b|a++ab|(?:ab)*+a|a?+a|\R|line1\Rline2|\Kb|a\Kb|\h|\p{L}+|\p{Greek}|\p{IsGreek}|\p{^L}|\pL|\p{Foo}|\P{Lu}
\p{Lu}|\p{Script=Latin}|\p{gc=Nd}|\N|\N+a|(?V0)a|(?x)a b # c|(?x) f o o\ b a r|(?a)\w+ß|(?a)\d{3}|(?u)ä|a\|\|b|()|(|)|a)|}|{|]|a]|\Z|\z|\A|\Ga|\ma|a\M|\bfoo\b
[a&&b]|[a--b]|(?<=a*)b|(?<!ab)c|(?<=line1\r)l|\x4|\x61|\u00e4|\U0001f600|\cA|\e|\d+(?:[.,]\d+)*|[-a]|[a-]|[a\-z]|[\]]|[\[]|(?P<1>a)|(?P<a>x)(?P<a>y)
a{2,1}|(?b)a|(?r)a|(*FAIL)|(?:a){e<=1}|a{i<=1}|a{0}b|(?P>a)(?P<a>b)|[\p{L}]|[^\P{L}]|[[:^alpha:]]|[[:foo:]]|[:alpha:]|[[.a.]]|\\|a\ b|(?|(?P|(?P<|(?<a|(?i|(?:|(?i:ä)r|(?m)^a$|(?m)^line2|^line2|a$|a\Z|(?s).+end|(?m)$
[A-Z]{2}\d{2}( \d{4}){3,}|\b2021\b|National\s+Savings\s+B[a4]nk|Total due:\s*[\d.,]+\s*EUR|(?i)STRASSE|(?i)straße|(?i)ſ|(?i)k|(?i)K|(?i)å|(?i)µ|(?i)σ
(?i)İ|(?i)ı|(?i)[i]|(?i)[I]|(?i)[ı]|(?i)[a-z]+\d|[^\W\d_]+|[\w.-]+@[\w.-]+|\w+|^\W+$|\w\W|[^\s]|\S+\s\S+|\d+|\D|\B|a\Bb|\bs|(?<!\d)\d{3}(?!\d)|(?=.*foo)(?=.*bar)
(a|b)\1|(a)?\1b|(?:(a)|b)\1|(a\1)|(ab)+\1|(?i)(A)\1|((a)b)\2|(?P<x>ab)(?P=x)|a|[[:digit:]]|[[:punct:]]|[[:upper:]]|[[:lower:]]|[[:alnum:]]+_|[[:xdigit:]]{4}|[[:space:]]|[[:blank:]]|[[:cntrl:]]|[[:graph:]]|[[:print:]]|[[:word:]]+
.|^.$|^$|.\n.|\s|[\s\S]|\x1c|\x0b|[\x00-\x1f]|(?s).|[^a]|[^\n]|[a-zA-Z0-9äöüÄÖÜß]+|(?i)[ä-ü]|😀|[😀]|\u{61}|a{1,}|a{0,0}|(?:a|b){2,3}?b|(?:)|a(?:)b|(?=)a|(?!)a|(?<=^)a|(?<!^)b|[\d-x]|[a\]b]|[\\]|[\^a]|[a^]|\.|\*|\/|\-
""".strip().replace("\n", "|")
# Patterns that hold a bar themselves stand apart.
BARS = [r"a||b", r"a|b", r"(a|)b", r"(?:foo|bar)\b", r"^(?:a|ab)(?:c|bcd)?$", r"(?|a|b)", r"(?(1)a|b)", r"(a)?(?(1)b|c)", r"[a||b]", r"[a~~b]", r"|", r"a|", r"|a", r"(?i:FOO|x)", r"(?:a|ab)++c", r"(?>a|ab)c"]

ATOMS = ["a", "b", "o", "1", " ", "ä", "ß", ".", r"\w", r"\d", r"\s", r"\W", r"\S", "[ab]", "[^a]", "[a-z]", r"[\w-]", r"\.", "İ", "i", "S", "K", "é", "µ", r"\n", "foo", "Bar", r"\p{Lu}", "²"]
ANCHORS = ["^", "$", r"\b", r"\B", r"\A", r"\Z", r"\m", r"\M", "(?=a)", r"(?!\d)", r"(?<=o)", r"(?<!a)"]
QUANTIFIERS = ["", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "*?", "+?", "??", "*+", "++", "?+"]


def grown(depth: int) -> str:
    parts = []
    for _ in range(random.randint(1, 4)):
        draw = random.random()
        if draw < 0.15:
            parts.append(random.choice(ANCHORS))
            continue
        if draw < 0.35 and depth > 0:
            opening = random.choice(["(", "(?:", "(?>", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?s:", "(?m:"])
            inner = "|".join(grown(depth - 1) for _ in range(random.randint(1, 2)))
            parts.append(f"{opening}{inner})" + random.choice(QUANTIFIERS))
            continue
        parts.append(random.choice(ATOMS) + random.choice(QUANTIFIERS))
    return "".join(parts)


def found(pattern: str, ignore_case: bool) -> str | None:
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except Exception:
        return None
    answers = ""
    for text in TEXTS:
        try:
            answers += "1" if compiled.search(text, timeout=0.5) else "0"
        except (TimeoutError, MemoryError):
            answers += "?"
    return answers


fixed = list(dict.fromkeys(FIXED.split("|") + BARS))
random_patterns = list(dict.fromkeys(grown(2) for _ in range(1500)))
cases = [
    [pattern, int(ignore_case), found(pattern, ignore_case)]
    for pattern in [*fixed, *random_patterns]
    for ignore_case in (False, True)
]
print('{"texts": ' + json.dumps(TEXTS) + ', "cases": [')
print(",\n".join(json.dumps(case) for case in cases))
print("]}")
