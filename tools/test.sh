#!/usr/bin/env bash
# Runs all tests, or those in the paths given: test.sh [deno test option | path…] (= ./denow task test).
# Invariant: the last line is `N passed, N failed[, N skipped]`, counted from Deno's own report, and the exit
# code is 0 only if nothing failed. What is skipped is named with its reason.
#
# PAPERWARD_BINARY=FILE drives that binary end to end instead of compiling one first.
# PAPERWARD_TEST_COUNTS=FILE also writes "passed failed skipped" there, for whoever adds it up.
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
cd "$root" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed_before=0
if [ -z "${PAPERWARD_BINARY:-}" ]; then
  if ./compile.sh >"$work/compile.log" 2>&1; then
    export PAPERWARD_BINARY=$root/dist/paperward
  else
    cat "$work/compile.log"
    echo "FAILED: the binary could not be compiled, so its tests can't run"
    failed_before=1
    # Not an older binary by mistake.
    export PAPERWARD_BINARY=$work/none
  fi
fi

# Type checking is a step of its own (./denow task check). The examples in doc comments run as tests.
paths=()
for argument in "$@"; do [ ! -e "$argument" ] || paths+=("$argument"); done
[ ${#paths[@]} -gt 0 ] || set -- "$@" tests core commands wasm migrations mod.ts
./denow test --allow-all --no-check --doc --junit-path="$work/report.xml" "$@" 2>&1 |
  tee "$work/output.txt"
status=${PIPESTATUS[0]}

echo
grep -a '^skipped: ' "$work/output.txt" | sort | uniq

python3 - "$work/report.xml" "$status" "$failed_before" "$work/counts" <<'PYTHON'
import re, sys, xml.etree.ElementTree as tree

report, status, failed_before, counts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
cases = []
try:
    # Names and messages of tests may hold control characters that XML forbids.
    with open(report, encoding="utf-8", errors="replace") as file:
        text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", file.read())
    cases = list(tree.fromstring(text).iter("testcase"))
except FileNotFoundError:
    pass  # the runner ended before the first test
failures = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
skipped = sum(case.find("skipped") is not None for case in cases)
for case in failures:
    print(f"FAILED: {case.get('classname')}: {case.get('name')}")
failed = len(failures)
if status != 0 and failed == 0:
    # A module that does not load, or a crash of the runner, is not in the report.
    print("FAILED: the test runner itself (see above)")
    failed = 1
if status == 0 and not cases:
    print("FAILED: no test was found")
    failed = 1
failed += failed_before
passed = len(cases) - len(failures) - skipped
with open(counts, "w") as file:
    file.write(f"{passed} {failed} {skipped}\n")
PYTHON
[ -s "$work/counts" ] || echo "0 1 0" >"$work/counts"
[ -z "${PAPERWARD_TEST_COUNTS:-}" ] || cp "$work/counts" "$PAPERWARD_TEST_COUNTS"
read -r passed failed skipped <"$work/counts"
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ]
