#!/usr/bin/env bash
# Runs all tests, or those in the paths given: test.sh [deno test option | path…] (= ./denow task test).
# Invariant: the last line is `N passed, N failed[, N skipped]`, counted from Deno's own report, and the exit
# code is 0 only if nothing failed. What is skipped is named with its reason.
#
# PAPERWARD_BINARY=FILE drives that binary end to end instead of compiling one first.
# PAPERWARD_TEST_SECONDS=N stops a folder's tests after that time (1800).
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

# Each folder of tests is a run of its own, so that a crash or a hang costs the report of that folder only.
paths=() groups=()
for argument in "$@"; do [ ! -e "$argument" ] || paths+=("$argument"); done
if [ ${#paths[@]} -eq 0 ]; then
  for folder in tests/*/; do groups+=("${folder%/}"); done
  # The examples in doc comments.
  groups+=("core commands wasm migrations mod.ts")
else
  groups=("")
fi

# Type checking is a step of its own (./denow task check).
mkdir "$work/reports"
for group in "${groups[@]}"; do
  name=${group// /+}
  name=${name//\//-}
  name=${name:-tests}
  # shellcheck disable=SC2086 # a group is a list of paths without blanks
  timeout --kill-after=10 "${PAPERWARD_TEST_SECONDS:-1800}" ./denow test --allow-all --no-check --doc \
    --permit-no-files --junit-path="$work/reports/$name.xml" "$@" $group 2>&1 | tee -a "$work/output.txt"
  echo "${PIPESTATUS[0]}" >"$work/reports/$name.status"
done

echo
grep -a '^skipped: ' "$work/output.txt" | sort -u

python3 - "$work/reports" "$failed_before" "$work/counts" <<'PYTHON'
import glob, os, re, sys, xml.etree.ElementTree as tree

reports, failed_before, counts = sys.argv[1:]
passed = skipped = 0
failures = []
for file in sorted(glob.glob(f"{reports}/*.status")):
    report = file.removesuffix(".status")
    group = os.path.basename(report)
    status = int(open(file).read())
    try:
        with open(f"{report}.xml", encoding="utf-8", errors="replace") as file:
            # Names and messages of tests may hold control characters that XML forbids.
            text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", file.read())
        cases = list(tree.fromstring(text).iter("testcase"))
    except FileNotFoundError:
        cases = []
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    ignored = sum(case.find("skipped") is not None for case in cases)
    failures += [f"{case.get('classname')}: {case.get('name')}" for case in bad]
    passed += len(cases) - len(bad) - ignored
    skipped += ignored
    if status in (124, 137):
        failures.append(f"{group}: stopped, because it took too long")
    elif status != 0 and not bad:
        # A module that does not load, or a crash of the runner, is not in the report.
        failures.append(f"{group}: the test runner itself (see above)")
if not passed + skipped and not failures:
    failures.append("no test was found")
for failure in failures:
    print(f"FAILED: {failure}")
with open(counts, "w") as file:
    file.write(f"{passed} {len(failures) + int(failed_before)} {skipped}\n")
PYTHON
[ -s "$work/counts" ] || echo "0 1 0" >"$work/counts"
[ -z "${PAPERWARD_TEST_COUNTS:-}" ] || cp "$work/counts" "$PAPERWARD_TEST_COUNTS"
read -r passed failed skipped <"$work/counts"
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ]
