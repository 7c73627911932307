// Numbers of rows as bits: 100,000 that follow each other take 13 kB, and keys that somebody scattered on
// purpose no more than a few hundred bytes each.

/** A set of integers from 0 to 2⁵³−1. */
export interface KeySet extends Iterable<number> {
  readonly size: number;
  has(key: number): boolean;
  /** @returns whether it is new */
  add(key: number): boolean;
  delete(key: number): void;
}

/** Keys on one page. */
const PAGE = 1024;
const WORD = 32;

/** Opens an empty set. */
export function openKeySet(): KeySet {
  const pages = new Map<number, Uint32Array>();
  let size = 0;
  const wordOf = (key: number) => (key % PAGE) >>> 5;
  const bitOf = (key: number) => (1 << (key % WORD)) >>> 0;
  const has = (key: number) => {
    const page = pages.get(Math.floor(key / PAGE));
    return page !== undefined && (page[wordOf(key)]! & bitOf(key)) !== 0;
  };
  return {
    get size() {
      return size;
    },
    has,
    add(key) {
      if (has(key)) return false;
      const number = Math.floor(key / PAGE);
      let page = pages.get(number);
      if (!page) pages.set(number, page = new Uint32Array(PAGE / WORD));
      page[wordOf(key)]! |= bitOf(key);
      size++;
      return true;
    },
    delete(key) {
      if (!has(key)) return;
      pages.get(Math.floor(key / PAGE))![wordOf(key)]! &= ~bitOf(key);
      size--;
    },
    *[Symbol.iterator]() {
      for (const [number, page] of pages) {
        for (let offset = 0; offset < PAGE; offset++) {
          const key = number * PAGE + offset;
          if ((page[wordOf(key)]! & bitOf(key)) !== 0) yield key;
        }
      }
    },
  };
}

/** A set for each model. */
export interface KeysByModel {
  /** The set of a model, made when it is first asked for. */
  of(label: string): KeySet;
  has(label: string, key: number): boolean;
  readonly labels: Iterable<string>;
}

/** Opens sets by model. */
export function openKeysByModel(): KeysByModel {
  const sets = new Map<string, KeySet>();
  return {
    of(label) {
      let set = sets.get(label);
      if (!set) sets.set(label, set = openKeySet());
      return set;
    },
    has: (label, key) => sets.get(label)?.has(key) === true,
    get labels() {
      return sets.keys();
    },
  };
}
