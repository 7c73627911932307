# Records what Python's argparse (3.11, as paperless-ngx's container has it) makes of random command lines of
# two of upstream's commands, into argparse_cases.json: [command, argv, options or null for an error].
# Run by hand where the grammar is in doubt; the tests read the recorded file.

import argparse, contextlib, io, json, pathlib, random


def generic(parser):
    parser.add_argument("--version", action="store_true")
    parser.add_argument("-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3])
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    for name in ["traceback", "no-color", "force-color", "skip-checks"]:
        parser.add_argument("--" + name, action="store_true")
    return parser


def exporter():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("target")
    switches = {
        "c": "compare-checksums", "cj": "compare-json", "d": "delete", "f": "use-filename-format",
        "na": "no-archive", "nt": "no-thumbnail", "p": "use-folder-prefix", "sm": "split-manifest",
        "z": "zip",
    }
    for short, long in switches.items():
        parser.add_argument("-" + short, "--" + long, action="store_true")
    parser.add_argument("-zn", "--zip-name")
    parser.add_argument("--data-only", action="store_true")
    parser.add_argument("--no-progress-bar", action="store_true")
    parser.add_argument("--passphrase")
    parser.add_argument("--batch-size", type=int, default=500)
    return generic(parser)


def retagger():
    parser = argparse.ArgumentParser(add_help=False)
    for short, long in {"c": "correspondent", "T": "tags", "t": "document_type", "s": "storage_path",
                        "i": "inbox-only", "f": "overwrite"}.items():
        parser.add_argument("-" + short, "--" + long, action="store_true")
    for long in ["use-first", "suggest", "no-progress-bar"]:
        parser.add_argument("--" + long, action="store_true")
    parser.add_argument("--base-url")
    parser.add_argument("--id-range", nargs=2, type=int)
    return generic(parser)


TOKENS = {
    "exporter": (exporter, """-c -cj -d -f -na -nt -p -sm -z -zn -cd -cdf -cjd -zp -dz -pfc -s -n -zd -znNAME
        -zn=NAME -zfoo --zip-name --zip-name=a=b --zip --zip-n x --compare-c --compare-j --compare --del
        --delete --data --no-a --no-t --no-p --no --split --use-fo --use-fi --use --pass --passphrase
        --passphrase= --passphrase=-x --passphrase=a --batch-size --batch-size=7 --batch 12 -5 -1.5 -5x 0
        3 -v -v2 -v 2 -v9 -cv2 -cv --verbosity=3 --verb --set --tr --sk --fo --py out out2 ../export
        - -- --nope -x -q= --zip=1 --delete=yes two_words""".split()
        + ["two words", "-d two", "-x y", "-", "--no way", "-c ", "--passphrase=a b"]),
    "retagger": (retagger, """-c -T -t -s -i -f -cT -cTts -cTtsif -Tc -cc --correspondent --tags --tag --document
        --document_type --document-type --storage --storage_path -sm --inbox --use-first --use --over
        --overwrite --sug --suggest --base --base-url --base-url=http://x --base-url= --id-range --id-range=1
        --id 1 10 -3 -0.5 1x 5 -iv0 -v0 -v --no-p --no-c --no -- out -x --in --i -tt""".split()),
}

random.seed(20240229)
cases = []
for command, (make, tokens) in TOKENS.items():
    parser = make()
    for number in range(450):
        argv = [random.choice(tokens) for _ in range(random.randint(0, 5))]
        if command == "exporter" and random.random() < 0.7:
            argv.insert(random.randint(0, len(argv)), "target")
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                options = vars(parser.parse_args(argv))
        except SystemExit:
            options = None
        if options is not None and options["version"]:
            continue
        if options is not None:
            options = {k: v for k, v in options.items() if v is not None and v is not False}
        cases.append([command, argv, options])

out = pathlib.Path(__file__).with_name("argparse_cases.json")
out.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(len(cases), sum(1 for case in cases if case[2] is not None), "accepted")
