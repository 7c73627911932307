// The name that a mistyped one most likely meant, for hints. No hint is better than a far-fetched one.

/** Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
function distance(left: string, right: string): number {
  let before: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const next = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let edits = Math.min(
        last[column]! + 1,
        next[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      if (swapped) edits = Math.min(edits, before[column - 2]! + 1);
      next.push(edits);
    }
    [before, last] = [last, next];
  }
  return last[right.length]!;
}

/** The nearest of `names` with at most two fifths of its letters changed, or undefined. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const sought = word.slice(0, 100);
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of names) {
    const edits = distance(sought, name);
    if (edits >= fewest || edits > Math.max(sought.length, name.length) * 0.4) continue;
    [best, fewest] = [name, edits];
  }
  return best;
}
