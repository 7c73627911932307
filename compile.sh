#!/usr/bin/env bash
# Builds the one executable: compile.sh [--target x86_64|aarch64] [--output FILE].
# Writes dist/paperward (for this machine's architecture) or dist/paperward-<architecture> (for another).
# Invariant: the binary holds no permission to run programs or load libraries, depends on nothing but the
# sources, deno.lock and the pinned Deno (same input, same bytes), and FILE is never a half one.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
. "$root/tools/_pins.sh"
. "$root/tools/_download.sh"

usage="compile.sh [--target x86_64|aarch64] [--output FILE]"
host=$(uname -m)
[ "$host" != arm64 ] || host=aarch64
target=$host
output=
while [ $# -gt 0 ]; do
  case $1 in
    --target=* | --output=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    --target) target=${2:-}; shift 2 || fail "Cannot compile: --target needs an architecture" "$usage" ;;
    --output) output=${2:-}; shift 2 || fail "Cannot compile: --output needs a file" "$usage" ;;
    -h | --help) echo "$usage"; exit 0 ;;
    *) fail "Cannot compile: unknown argument $1" "$usage" ;;
  esac
done
target=${target%-unknown-linux-gnu}
[ "$target" != arm64 ] || target=aarch64
[ -n "${DENORT_SHA256[$target]:-}" ] || fail "Cannot compile: no pinned base for the target '$target'" "$usage"
if [ -z "$output" ]; then
  output=$root/dist/paperward
  [ "$target" = "$host" ] || output+=-$target
fi

# What the launcher itself may do, from which it grants each command its share. Never run, ffi or import:
# a document cannot start a program even if it took over the process.
permissions=(
  --no-prompt
  --allow-read --allow-write --allow-env # any library, wherever its settings put it
  --allow-net                            # its database or mail server
  "--allow-sys=statfs,uid,gid"           # free space of a target; who owns what we write
  --deny-import
)

# V8 would let garbage grow to several times of what is alive before it looks: on a NAS memory is dearer than
# the tenth of processor time that this costs. Each of our Workers has a heap of its own.
# Its helper threads for garbage stay for the same reason: without them the sanity checker takes a fifth less
# processor time, but an export of 20,000 documents 60 to 90 MB more.
v8_flags=--max-semi-space-size=4,--heap-growing-percent=30

# The compiler runs in another folder.
case $output in /*) ;; *) output=$PWD/$output ;; esac

base=$root/.deno/denort-$DENO_VERSION-$target
[ -x "$base" ] || "$root/tools/fetch_denort.sh" "$target" "$base"

# The binary records each file's time and whatever lies in node_modules, so it is compiled from a copy of
# just its own sources, all of one time.
mkdir -p "$root/.deno"
stage=$(mktemp -d "$root/.deno/stage.XXXXXX")
partial=
trap 'rm -rf "$stage" ${partial:+"$partial"}' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tar -C "$root" -c --exclude=target --exclude='*_test.ts' --exclude='*.rs' \
  main.ts mod.ts deno.json deno.lock commands core wasm migrations tools/bundle_packages.ts | tar -C "$stage" -x
cd "$stage"
"$root/denow" install --quiet --frozen ||
  fail "Cannot compile: the packages of deno.lock could not be installed (see above)" \
    "check the network; if deno.json changed, run ./denow install and commit deno.lock"

# Licence texts go in as one file.
find node_modules -type f -ipath '*/licen[cs]e*' -size -64k | LC_ALL=C sort |
  while IFS= read -r file; do printf '\n\n==> %s\n\n' "${file##*/node_modules/}"; cat "$file"; done |
  cat "$root/LICENSE" - >licenses.txt

# Workers loaded by URL are not seen by the compiler's walk from main.ts; their kernels, imported as bytes, are.
workers=() includes=(--include licenses.txt)
while IFS= read -r file; do
  includes+=(--include "$file")
  workers+=("$file")
done < <(find commands core wasm -name '*worker.ts' | LC_ALL=C sort)

# The compiler leaves out a module that it does not find behind a dynamic import, and says nothing.
missing=$(for file in main.ts "${workers[@]}"; do "$root/denow" info --json "$file"; done |
  sed -n "s#^ *\"error\": \"\(.*\)\",\?\$#\1#p" |
  sed "s#file://$stage/##g; s#\\\\\"#\"#g" | sort -u | head -n 3 | paste -sd' ')
[ -z "$missing" ] || fail "Cannot compile main.ts: $missing" "./denow task check names all such places"

# The bundler would fill in that this is a build for development, in which packages print what nobody asked for.
{ grep -rlZ --include='*.js' --include='*.mjs' 'process\.env\.NODE_ENV' node_modules || true; } |
  xargs -0 -r sed -i 's/\bprocess\.env\.NODE_ENV/globalThis.process.env.NODE_ENV/g'
"$root/denow" run --quiet --allow-all tools/bundle_packages.ts main.ts "${workers[@]}" ||
  fail "Cannot compile: the packages could not be put together (see above)"
rm -r tools deno.lock
find . -exec touch --no-dereference --date=@0 {} +

# No code cache: it would be read from and written to a predictable name in /tmp, where other users may write.
DENORT_BIN=$base "$root/denow" compile --quiet --frozen --no-check --no-code-cache "--v8-flags=$v8_flags" "${permissions[@]}" \
  "${includes[@]}" --target "$target-unknown-linux-gnu" --output paperward main.ts ||
  fail "Cannot compile main.ts (see above)"
! grep -qF "$stage" paperward || fail "Cannot compile reproducibly: the binary names the folder it was made in"

mkdir -p "$(dirname "$output")"
partial=$output.partial.$$
mv -f paperward "$partial"
mv -f "$partial" "$output"
printf '%s: %s bytes, sha256 %s\n' "$output" "$(stat -c %s "$output")" "$(sha256sum "$output" | cut -c1-64)"
