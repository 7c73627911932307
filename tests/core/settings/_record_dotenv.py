# Records what python-dotenv 1.2.2 (paperless-ngx reads paperless.conf with it) makes of written and random
# files, into dotenv_cases.json: [text, {name: value or null}]. Run by hand; the tests read the recorded file.

import io, json, logging, os, pathlib, random
from dotenv.main import DotEnv

logging.disable(logging.CRITICAL)
WRITTEN = [
    "A=b", "A = b", "export A=b", "A=b # comment", "A=b#c", "A=pass#word", "A='b # c'", 'A="b # c" # d',
    "A='it\\'s'", 'A="a\\nb\\t\\"c\\""', "A='a\\nb'", "A=a\\nb", "A=", "A", "=b", "# A=b", "A='multi\nline'",
    'A="multi\nline"\nB=c', "A=b\r\nB=c\r\n", "A=b\rB=c", "A='unclosed\nB=c", 'A="x" y\nB=c', "A=b=c",
    "A: b", "A=`b`", "'A B'=c", "A=${B}", "A='${B}'", 'A="${B}"', "A=$B", "A=${C:-d}", "A=${C:-}",
    "A=${C}", "A=1\nC=${A}2\nA=3", "A=${A:-x}", "A=${", "A=${}", "B=file\nA=${B}", "A\nC=${A:-d}",
    "PAPERLESS_FILENAME_FORMAT={{ created_year }}/{{ correspondent }}/{{ title }}",
    "PAPERLESS_FILENAME_FORMAT={created_year}/{title}", "A='a'\nA='b'", "A=\u00e9\u65e5", "A=a\tb\t", " A=b ",
    "export\tA=b", "exportA=b", "A=\"\\\\\"", "A='\\\\'", "A=\"\\a\\b\\f\\v\\r\\x\"", "A= # c", "A=#c",
]
TOKENS = ["A", "B", "KEY", "=", "=", "=", "\n", "\n", "\r\n", "'", '"', "\\", " ", "  ", "#", " #", "export ",
          "${A}", "${B:-x y}", "${C:-}", "$A", "${", "}", ":-", "\\n", "\\'", '\\"', "\t", "\u00e9", "`", ":",
          "\\\\", "'v'", '"v"', '"a b"', "pass#word"]

random.seed(20240229)
texts = WRITTEN + ["".join(random.choice(TOKENS) for _ in range(random.randint(3, 14))) for _ in range(500)]
os.environ.clear()
os.environ["B"] = "env"
cases = []
for text in texts:
    stream = io.StringIO(text, newline="")
    cases.append([text, dict(DotEnv(None, stream=stream, override=False, interpolate=True).dict())])
out = pathlib.Path(__file__).with_name("dotenv_cases.json")
out.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(len(cases), "recorded")
