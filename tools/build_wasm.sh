#!/usr/bin/env bash
# Builds the Rust kernels to WASM: build_wasm.sh [--output-dir DIR] [KERNEL…] (all kernels by default), or
# prints the toolchain that it would use: build_wasm.sh --toolchain.
# Invariant: the modules hold no path of the machine and depend only on the sources, wasm/Cargo.lock and the
# toolchain, which wasm/RUSTC_VERSION records: the same toolchain gives the same bytes in any folder.
#
# Without --output-dir the modules are written to wasm/<kernel>/<kernel>.wasm, to be committed. With it they
# go to DIR/<kernel>.wasm, the lock file must be up to date, and nothing in the tree is touched.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$here")
. "$here/_download.sh"

output=
only_toolchain=
kernels=()
while [ $# -gt 0 ]; do
  case $1 in
    --output-dir) output=${2:?--output-dir needs a folder}; shift 2 ;;
    --toolchain) only_toolchain=1; shift ;;
    -*) fail "Cannot build the kernels: unknown option $1" "build_wasm.sh [--output-dir DIR] [KERNEL…]" ;;
    *) kernels+=("$1"); shift ;;
  esac
done
every=()
for manifest in "$root"/wasm/*/Cargo.toml; do
  [ ! -e "$manifest" ] || every+=("$(basename "$(dirname "$manifest")")")
done
[ ${#kernels[@]} -gt 0 ] || kernels=("${every[@]}")
[ ${#kernels[@]} -gt 0 ] || fail "Cannot build the kernels: there is no wasm/*/Cargo.toml"
for kernel in "${kernels[@]}"; do
  [ -e "$root/wasm/$kernel/Cargo.toml" ] ||
    fail "Cannot build the kernel $kernel: wasm/$kernel/Cargo.toml is missing" "kernels: ${every[*]}"
done

# Debian's rustc with its own cargo and standard library comes first, because it is the same on every
# machine; any rustup toolchain with the wasm32 target builds the same sources to other bytes.
build=(build --release --target wasm32-unknown-unknown)
flags=(-Ctarget-feature=+simd128)
if [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/src/rust/library/std ] &&
  command -v wasm-ld-19 >/dev/null; then
  cargo=/usr/bin/cargo
  export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
  build+=("-Zbuild-std=std,panic_abort")
  toolchain=$(/usr/bin/rustc --version && /usr/bin/cargo --version && wasm-ld-19 --version)
elif command -v rustc >/dev/null && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
  cargo=cargo
  toolchain=$(rustc --version && cargo --version)
else
  fail "Cannot build the kernels: no Rust for WASM here" \
    "apt-get install rustc-web cargo-web rust-web-src lld-19, or rustup target add wasm32-unknown-unknown"
fi

if [ -n "$only_toolchain" ]; then printf '%s\n' "$toolchain"; exit 0; fi

export CARGO_TARGET_DIR=$root/wasm/target CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
[ -z "$output" ] || build+=(--locked)
# The registry's folder is named after its address, which is known after the first fetch only.
(cd "$root/wasm" && "$cargo" fetch --quiet "${build[@]:2}") ||
  fail "Cannot build the kernels: cargo could not fetch their crates (see above)"

# Panic messages name source files: say them relative to the project, the registry and the compiler.
flags+=("--remap-path-prefix=$root/wasm=wasm" "--remap-path-prefix=/usr/lib/rustlib/src/rust=rust")
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
  flags+=("--remap-path-prefix=$registry=crates")
done
# The separator of the encoded form lets a path hold blanks; this variable also outranks RUSTFLAGS.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}

recorded=$root/wasm/RUSTC_VERSION
if [ -z "$output" ] && [ ${#kernels[@]} -lt ${#every[@]} ] && [ -e "$recorded" ] &&
  [ "$toolchain" != "$(cat "$recorded")" ]; then
  fail "Cannot build only ${kernels[*]}: the other kernels were built by another toolchain (wasm/RUSTC_VERSION)" \
    "build all kernels, or install the recorded toolchain"
fi

for kernel in "${kernels[@]}"; do build+=(--package "$kernel"); done
(cd "$root/wasm" && "$cargo" "${build[@]}") ||
  fail "Cannot build the kernels: cargo failed (see above)"

for kernel in "${kernels[@]}"; do
  built=$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/${kernel//-/_}.wasm
  target=${output:-$root/wasm/$kernel}/$kernel.wasm
  [ -e "$built" ] || fail "Cannot find the module of $kernel: $built is missing" \
    'the crate needs name = the name of its folder, and [lib] crate-type = ["cdylib"]'
  mkdir -p "$(dirname "$target")"
  install -m 0644 "$built" "$target.partial" && mv -f "$target.partial" "$target"
  printf '%s: %s bytes, sha256 %s\n' "$kernel" "$(stat -c %s "$target")" "$(sha256sum "$target" | cut -c1-64)"
done
[ -n "$output" ] || printf '%s\n' "$toolchain" >"$recorded"
