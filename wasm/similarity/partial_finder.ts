// Whether texts are nearly in another one: `partial_ratio` of this kernel, for fuzzy rules.

import { type KernelExports, openKernel } from "./_kernel.ts";

/** Looks for short texts in one that is set before. */
export interface PartialFinder {
  /** The text that is searched from now on. */
  setText(text: string): void;
  /** Whether rapidfuzz's `partial_ratio` of the two is at least so much. @param cutOff whole number, 0–100 */
  reaches(text: string, cutOff: number): boolean;
}

/** Opens a finder with a module of its own. */
export function openPartialFinder(kernel: KernelExports = openKernel()): PartialFinder {
  const fill = (text: string) => {
    const points = new Uint32Array(text.length);
    let length = 0;
    for (let at = 0; at < text.length; at++) {
      const point = text.codePointAt(at)!;
      if (point > 0xffff) at++;
      points[length++] = point;
    }
    const start = kernel.partial_input(length);
    new Uint32Array(kernel.memory.buffer, start, length).set(points.subarray(0, length));
  };
  return {
    setText(text) {
      fill(text);
      kernel.partial_text();
    },
    reaches(text, cutOff) {
      fill(text);
      return kernel.partial_reaches(cutOff) !== 0;
    },
  };
}
