#!/usr/bin/env bash
# Fetches the pinned Deno for this machine: fetch_deno.sh DEST. The official release first, else the
# wheel on PyPI that redistributes it (for networks that reach package mirrors only).
# Invariant: DEST is absent or is the executable with the sha256 in _pins.sh; an interrupted run leaves no litter.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/_pins.sh"
. "$here/_download.sh"

version=$DENO_VERSION
arch=$(uname -m)
[ "$arch" != arm64 ] || arch=aarch64
# The sums are those of the executables in the wheels. An official archive whose executable has another
# sum is not trusted: the wheel is taken instead.
sum=${DENO_SHA256[$arch]:-}
if [ "$(uname -s)" != Linux ] || [ -z "$sum" ]; then
  fail "Cannot fetch Deno: no pinned build for $(uname -s) on $arch" "put deno $version on the PATH"
fi

[ $# -eq 1 ] || fail "Cannot fetch Deno: expected one argument, the file to write"
destination=$1
mkdir -p "$(dirname "$destination")"
work=$(mktemp -d "$(dirname "$destination")/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v python3 >/dev/null || fail "Cannot fetch Deno: python3 is missing" \
  "install python3 and python3-pip, or put deno $version on the PATH"

echo "fetching Deno $version for $arch" >&2

official="https://github.com/denoland/deno/releases/download/v$version/deno-$arch-unknown-linux-gnu.zip"
if fetch_url "$official" "$work/deno.zip" && unpack_member "$work/deno.zip" deno "$work/deno"; then
  if install_verified "$work/deno" "$destination" "$sum"; then exit 0; fi
  echo "the official archive holds an executable that is not the pinned one; trying the wheel" >&2
fi

fetch_wheel "deno==$version" "$work" "manylinux_2_27_$arch" ||
  fail "Cannot fetch Deno: neither its release page nor PyPI answered ($(wheel_failure "$work"))" \
    "check the network and that 'python3 -m pip --version' works, or put deno $version on the PATH"
unpack_member "$work"/deno-*.whl /scripts/deno "$work/deno" ||
  fail "Cannot fetch Deno: the wheel does not hold the executable"
install_verified "$work/deno" "$destination" "$sum" ||
  fail "Cannot fetch Deno: what was downloaded is not the pinned executable (sha256 differs)" \
    "try again; if it stays so, a mirror serves something else than deno $version"
