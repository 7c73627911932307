# shellcheck shell=bash disable=SC2034
# What the build fetches, in one place (sourced): versions, and the sha256 of the executables themselves.
# Invariant: a version never changes without its sums.

DENO_VERSION=2.6.10
declare -A DENO_SHA256=(
  [x86_64]=bb9513ce8a9a7a976a77e0a32c5818035fb72dff6364afc5b8659594ba4a6139
  [aarch64]=5ecf8317e717e267c4cf161048f99b7addbccb1804a90d506437a7bc003c7616
)

# denort is the base of every binary that `deno compile` makes. Where Deno's own host can't be reached it is
# cut out of a wheel on PyPI whose executable was made by `deno compile` of the same version.
DENORT_WHEEL=bids-validator-deno==2.4.1
declare -A DENORT_SHA256=(
  [x86_64]=1b136202dc147212ad0b129de0c10eb5f17060917c9754c7921cd68f764ad2e2
  [aarch64]=ee39b54b2f465eae3f1dd3d79495e1ef957fae69ff4f6ad118499986b714d494
)
