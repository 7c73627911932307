// Pseudo-random numbers by a seed: the same seed gives the same library on every machine.

/** A source of numbers that are the same for the same seed. */
export interface Random {
  /** 0 ≤ number < 1 */
  next(): number;
  /** 0 ≤ integer < limit */
  below(limit: number): number;
  /** One of them. @throws {RangeError} where there is none */
  pick<T>(list: readonly T[]): T;
  /** Fills with bytes that don't compress. */
  fill(bytes: Uint8Array): void;
}

/** Source: sfc32 of the PractRand suite (public domain). @param seed any integer */
export function random(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) word();
  const below = (limit: number): number => Math.floor((word() / 2 ** 32) * limit);
  return {
    next: () => word() / 2 ** 32,
    below,
    pick(list) {
      const found = list[below(list.length)];
      if (found === undefined) throw new RangeError("Cannot pick: the list is empty");
      return found;
    },
    fill(bytes) {
      for (let i = 0; i < bytes.length; i += 4) {
        const number = word();
        for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = number >>> (8 * j);
      }
    },
  };
}
