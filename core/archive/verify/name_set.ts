// Paths of an export as eight bytes each: 53 bits of a hash with a seed of this run's own. Names are only asked
// after once all are in.

/** Hashes a text to 53 bits. @param seed 32 bits: the same one gives the same hash */
export function hashText(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** Paths that may be there more than once. */
export interface NameSet {
  add(name: string): void;
  /** Whether it was added, first of all sorting what was. */
  has(name: string): boolean;
  /** Whether it was (with all but certainty) added more than once. */
  hasTwice(name: string): boolean;
  /** Whether there is any such name at all. */
  readonly hasDoubles: boolean;
}

/** Opens an empty set. */
export function openNameSet(): NameSet {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  let hashes = new Float64Array(1024);
  let length = 0;
  let isSorted = false;
  let doubles: Set<number> | undefined;

  const sort = () => {
    if (isSorted && doubles) return doubles;
    const all = hashes.subarray(0, length).sort();
    doubles = new Set();
    for (let index = 1; index < length; index++) {
      if (all[index] === all[index - 1]) doubles.add(all[index]!);
    }
    isSorted = true;
    return doubles;
  };

  return {
    add(name) {
      if (length === hashes.length) {
        const more = new Float64Array(2 * length);
        more.set(hashes);
        hashes = more;
      }
      hashes[length++] = hashText(name, seed);
      isSorted = false;
    },
    has(name) {
      sort();
      const wanted = hashText(name, seed);
      let [from, to] = [0, length];
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (hashes[middle]! < wanted) from = middle + 1;
        else to = middle;
      }
      return from < length && hashes[from] === wanted;
    },
    hasTwice: (name) => sort().has(hashText(name, seed)),
    get hasDoubles() {
      return sort().size > 0;
    },
  };
}
