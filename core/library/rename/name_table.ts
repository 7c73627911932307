// Every name in the media folder that matters to a plan, at seventeen bytes each: who holds it, and what is on
// the disk. Invariant: names are asked for by 53 bits of a hash with a seed of this run's own; two names that
// share one look taken, never free.

import { hashText } from "../../archive/verify/name_set.ts";

/** What is known of a name; bits. */
export const NAME = {
  /** A row names it, or the plan gave it to a document. */
  held: 1,
  /** Something is there. */
  present: 2,
  /** What is there is a symbolic link. */
  link: 4,
  /** What is there is neither a file nor a link. */
  folder: 8,
  /** Whoever held it leaves it by this plan. */
  vacated: 16,
} as const;

/** A table of names. */
export interface NameTable {
  /** Bits of {@linkcode NAME}; 0: nothing is known of it. */
  flags(name: string): number;
  /** The document that holds it or held it; 0: none. */
  holder(name: string): number;
  set(name: string, flags: number, holder: number): void;
}

const FIRST_SIZE = 1 << 10;

/** Opens an empty table. */
export function openNameTable(): NameTable {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  let keys = new Float64Array(FIRST_SIZE);
  let holders = new Float64Array(FIRST_SIZE);
  let flags = new Uint8Array(FIRST_SIZE);
  let length = 0;

  /** Where a key is, or would be. */
  function slotOf(key: number): number {
    const mask = keys.length - 1;
    let slot = key % keys.length;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  // 0 means an empty slot.
  const keyOf = (name: string) => hashText(name, seed) || 1;

  function grow(): void {
    const [oldKeys, oldHolders, oldFlags] = [keys, holders, flags];
    keys = new Float64Array(oldKeys.length * 2);
    holders = new Float64Array(keys.length);
    flags = new Uint8Array(keys.length);
    for (let at = 0; at < oldKeys.length; at++) {
      if (oldKeys[at] === 0) continue;
      const slot = slotOf(oldKeys[at]!);
      keys[slot] = oldKeys[at]!;
      holders[slot] = oldHolders[at]!;
      flags[slot] = oldFlags[at]!;
    }
  }

  return {
    flags: (name) => flags[slotOf(keyOf(name))]!,
    holder: (name) => holders[slotOf(keyOf(name))]!,
    set(name, bits, holder) {
      const key = keyOf(name);
      let slot = slotOf(key);
      if (keys[slot] === 0) {
        if (++length * 2 > keys.length) {
          grow();
          slot = slotOf(key);
        }
        keys[slot] = key;
      }
      flags[slot] = bits;
      holders[slot] = holder;
    },
  };
}
