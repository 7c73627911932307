#!/usr/bin/env bash
# Runs all tests, or those in the paths given: test.sh [deno test option | path…] (= ./denow task test).
# An option's value goes behind `=`. As many run at once as there are cores, three at most.
# Invariant: the last line is `N passed, N failed[, N skipped]`, counted from Deno's own reports, and the exit
# code is 0 only if nothing failed. What is skipped is named with its reason.
#
# PAPERWARD_BINARY=FILE drives that binary end to end instead of compiling one first.
# PAPERWARD_TEST_LANES=N runs N at once.
# PAPERWARD_TEST_SECONDS=N stops a group of tests after that time (900).
# PAPERWARD_TEST_COUNTS=FILE also writes "passed failed skipped" there, for whoever adds it up.
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

# Paths are meant as seen from where this is called.
options=() paths=()
for argument in "$@"; do
  case $argument in
    --) ;; # `deno task test -- path` passes it on
    -*) options+=("$argument") ;;
    *)
      path=$(realpath --quiet --canonicalize-existing --relative-to="$root" -- "$argument") ||
        { echo "Cannot test $argument: there is no such path (an option's value goes behind =)" >&2; exit 2; }
      paths+=("$path")
      ;;
  esac
done
cd "$root" || exit 1

work=$(mktemp -d)
declare -A running=() # process → group
stop() {
  trap '' INT TERM
  # timeout passes it on to all that it started.
  [ ${#running[@]} -eq 0 ] || kill "${!running[@]}" 2>/dev/null
  wait
  exit "$1"
}
trap 'rm -rf "$work"' EXIT
trap 'stop 130' INT
trap 'stop 143' TERM

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

# Each group of tests is a run of its own, so that a crash or a hang costs the report of that group only: a
# folder, or a file where the tests of the binary are, which take most of the time.
if [ ${#paths[@]} -eq 0 ]; then
  # Slow ones first: what begins last should not take long.
  paths=(tests/e2e tests/faults tests)
  # The examples in doc comments.
  doc_group="core commands wasm migrations mod.ts"
fi
groups=()
declare -A files=() # group → its paths
# add GROUP PATH
add() {
  [ -n "${files[$1]:-}" ] || groups+=("$1")
  case " ${files[$1]:-} " in *" $2 "*) ;; *) files[$1]="${files[$1]:-} $2" ;; esac
}
for path in "${paths[@]}"; do
  case $path in
    tests | tests/*)
      # The biggest files first.
      while read -r _ file; do
        case $file in
          tests/e2e/* | tests/faults/*) add "$file" "$file" ;;
          *) add "${file%/*}" "$file" ;;
        esac
      done < <(find "$path" -name '*_test.ts' -printf '%s %p\n' | sort -rn)
      ;;
    *) add "$path" "$path" ;;
  esac
done
[ -z "${doc_group:-}" ] || for path in $doc_group; do add examples "$path"; done

mkdir "$work/reports"
begin() {
  local report=$work/reports/${1//\//-}
  # Type checking is a step of its own (./denow task check).
  # shellcheck disable=SC2086 # a group is a list of paths without blanks
  timeout --kill-after=10 "${PAPERWARD_TEST_SECONDS:-900}" ./denow test --allow-all --no-check --doc \
    --permit-no-files --junit-path="$report.xml" "${options[@]}" ${files[$1]} >"$report.log" 2>&1 &
  running[$!]=$1
}
# Waits for the group that ends next, and prints what it said, whole.
await_one() {
  local process status=0 report
  wait -n -p process || status=$?
  report=$work/reports/${running[$process]//\//-}
  unset "running[$process]"
  echo "$status" >"$report.status"
  cat "$report.log"
}
lanes=${PAPERWARD_TEST_LANES:-$(nproc)}
[ -n "${PAPERWARD_TEST_LANES:-}" ] || [ "$lanes" -le 3 ] || lanes=3
for group in "${groups[@]}"; do
  [ ${#running[@]} -lt "$lanes" ] || await_one
  begin "$group"
done
while [ ${#running[@]} -gt 0 ]; do await_one; done

echo
cat "$work"/reports/*.log | grep -a '^skipped: ' | sort -u

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
    except (FileNotFoundError, tree.ParseError):
        cases = []
        status = status or 1
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
