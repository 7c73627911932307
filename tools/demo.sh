#!/usr/bin/env bash
# Shows the main job from nothing (= ./denow task demo): builds the binary, makes a sample library, exports it,
# shows what was written and proves it. Invariant: everything happens in dist/demo, which is made anew.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
cd "$root"
demo=dist/demo

# Each command is shown as it would be typed.
run() { printf '\n$ %s\n' "$*"; "$@"; }

run ./compile.sh
rm -rf "$demo"
mkdir -p "$demo/export"
run ./denow run --quiet --allow-all tools/make_sample_library.ts "$demo/library"
(cd "$demo/library" && find . -type f | LC_ALL=C sort | sed 's/^/  /')
run dist/paperward document_exporter --config "$demo/library/paperless.conf" "$demo/export"
run ls -l "$demo/export"
run ./denow run --quiet --allow-read tools/check_export.ts "$demo/export"
