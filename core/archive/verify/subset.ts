// Which files' contents are read: all, a part told by the name (the same one each time), or a random share.

import type { Subset } from "../../checks/sanity_options.ts";
import { hashText } from "./name_set.ts";

/** Chooses files. */
export interface SubsetChooser {
  /** Whether the content of a file is read. @param path in the export */
  has(path: string): boolean;
  /** Of a random share: the same one gives the same files. */
  readonly seed?: number;
}

/** Seed of parts: any constant, as long as it stays. */
const PART_SEED = 7;

/** Opens a chooser.
 * @param total bytes of all files of the export; asked for only where the subset is a size
 * @param seed of a random share @default one of this run's own */
export function openSubset(
  subset: Subset | undefined,
  total: () => number,
  seed?: number,
): SubsetChooser {
  if (!subset) return { has: () => true };
  if (subset.kind === "part") {
    const { part, of } = subset;
    return { has: (path) => hashText(path, PART_SEED) % of === part - 1 };
  }
  const own = seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  const share = subset.kind === "share" ? subset.share : subset.bytes / Math.max(1, total());
  return { has: (path) => hashText(path, own) / 2 ** 53 < share, seed: own };
}
