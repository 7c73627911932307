// Makes a picture smaller by the mean of the pixels that become one, as ImageMagick's `-scale` does.

import type { Picture } from "./decode_png.ts";

/** Pixels. */
export interface Bounds {
  readonly width: number;
  readonly height: number;
}

/** A picture that fits into the bounds, its proportions kept; itself where it fits already. */
export function shrinkPicture(picture: Picture, { width, height }: Bounds): Picture {
  const scale = Math.min(width / picture.width, height / picture.height);
  if (scale >= 1) return picture;
  const size = {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
  const rows = shrinkRows(picture, size.width);
  return { ...size, data: shrinkColumns(rows, size) };
}

/** Where the pixels of a line come from: the first one, and how much of each counts. */
function shares(from: number, to: number): readonly (readonly [number, readonly number[]])[] {
  const step = from / to;
  return Array.from({ length: to }, (_, index) => {
    const [start, end] = [index * step, Math.min(from, (index + 1) * step)];
    const first = Math.floor(start);
    const weights: number[] = [];
    for (let at = first; at < end; at++) {
      weights.push((Math.min(at + 1, end) - Math.max(at, start)) / step);
    }
    return [first, weights];
  });
}

interface Sums {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

function shrinkRows({ width, height, data }: Picture, to: number): Sums {
  const sums = new Float32Array(to * height * 4);
  const parts = shares(width, to);
  for (let row = 0; row < height; row++) {
    for (const [column, [first, weights]] of parts.entries()) {
      const target = 4 * (row * to + column);
      for (const [index, weight] of weights.entries()) {
        const source = 4 * (row * width + first + index);
        for (let channel = 0; channel < 4; channel++) {
          sums[target + channel]! += data[source + channel]! * weight;
        }
      }
    }
  }
  return { width: to, height, data: sums };
}

function shrinkColumns(
  { width, height, data }: Sums,
  size: Bounds,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * size.height * 4);
  const sum = new Float32Array(width * 4);
  for (const [row, [first, weights]] of shares(height, size.height).entries()) {
    sum.fill(0);
    for (const [index, weight] of weights.entries()) {
      const source = (first + index) * width * 4;
      for (let at = 0; at < sum.length; at++) sum[at]! += data[source + at]! * weight;
    }
    pixels.set(sum, row * width * 4);
  }
  return pixels;
}
