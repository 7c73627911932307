// The ratio of two texts, in the floating point of rapidfuzz and printed as Python prints it.

/**
 * `rapidfuzz.fuzz.ratio`: 0–100.
 *
 * @param distance insertions and deletions
 * @param total characters of both texts
 */
export function scoreOf(distance: number, total: number): number {
  return (1 - (total === 0 ? 0 : distance / total)) * 100;
}

/** A score with some decimals, as Python's format does: exact halves go to the even digit, where
 * `toFixed` takes the larger one. */
export function formatScore(score: number, decimals: 1 | 3): string {
  // A number is exactly half-way only if it is an odd multiple of 1/2^(decimals + 1).
  const steps = score * 2 ** (decimals + 1);
  if (!Number.isInteger(steps) || steps % 2 === 0) return score.toFixed(decimals);
  const power = 10 ** decimals;
  const below = Math.floor(score * power);
  return ((below % 2 === 0 ? below : below + 1) / power).toFixed(decimals);
}
