# shellcheck shell=bash
# Shared by fetch_deno.sh and compile.sh (sourced): verified downloads from the official host or from PyPI.
# Invariant: what `install_verified` puts in place has the sha256 it was asked for and is never half a file.

# Ends the script with one line of cause and one of advice, on stderr.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# has_sha256 FILE SHA256
has_sha256() {
  [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]
}

# install_verified FILE DEST SHA256: moves FILE to DEST, executable, if it is what was pinned.
# FILE must lie on DEST's file system, so that the rename is atomic.
install_verified() {
  has_sha256 "$1" "$3" || return 1
  chmod 0755 "$1" && mv -f "$1" "$2"
}

# fetch_url URL FILE: the official host, given up soon where it can't be reached.
fetch_url() {
  command -v curl >/dev/null || return 1
  curl --fail --silent --show-error --location --proto '=https' \
    --connect-timeout 5 --speed-limit 10000 --speed-time 20 --retry 1 --output "$2" "$1" 2>"$2.log"
}

# fetch_wheel REQUIREMENT FOLDER PLATFORM…: downloads one wheel without its dependencies into FOLDER.
# The Python of the host may be older than the wheel asks for: only the executable inside is used.
fetch_wheel() {
  local requirement=$1 folder=$2 platform arguments=()
  shift 2
  for platform in "$@"; do arguments+=(--platform "$platform"); done
  python3 -m pip download --quiet --no-deps --only-binary=:all: --ignore-requires-python \
    --python-version 3.13 "${arguments[@]}" --dest "$folder" "$requirement" >"$folder/pip.log" 2>&1 </dev/null
}

# wheel_failure FOLDER: why fetch_wheel failed, in a few words; pip's own last line names the package only.
wheel_failure() {
  grep -oEm1 'SSL: [A-Z_]+|Name or service not known|Temporary failure in name resolution|Connection refused|timed out|No module named pip' \
    "$1/pip.log" || tail -n 1 "$1/pip.log"
}

# unpack_member ARCHIVE PATTERN FILE: writes the one member of a zip or wheel whose name ends in PATTERN.
# Python's zipfile, because unzip is not on a fresh machine.
unpack_member() {
  python3 - "$@" <<'PYTHON'
import shutil, sys, zipfile

archive, ending, target = sys.argv[1:]
with zipfile.ZipFile(archive) as container:
    names = [name for name in container.namelist() if name.endswith(ending)]
    if len(names) != 1:
        sys.exit(f"{len(names)} members end in {ending}")
    with container.open(names[0]) as source, open(target, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
PYTHON
}
