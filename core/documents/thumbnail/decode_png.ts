// Decodes PNG images of every colour type and depth, interlaced ones too, onto white. Everything in them is
// foreign: sizes are checked before memory is asked for. PNG specification, third edition.

import { inflateSync } from "node:zlib";

/** A picture: four bytes a pixel, opaque. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** A PNG can't be decoded; the message says why. */
export class PngError extends Error {
  /** The class's name. */
  override readonly name = "PngError";
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/** Pixels that are decoded at most: thumbnails have 500 × 700. */
const MOST_PIXELS = 1 << 23;
/** On one side: sums of a narrow one would take more than it does itself. */
const LONGEST_SIDE = 1 << 14;

/** Samples a pixel, by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Passes of an interlaced image: first column and row, steps (section 8.2). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const ONE_PASS = [[0, 0, 1, 1]] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/** Decodes an image. @throws {PngError} */
export function decodePng(bytes: Uint8Array): Picture {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte)) throw new PngError("it is no PNG");
  let header: Header | undefined;
  let palette = new Uint8Array();
  let transparency: Uint8Array | undefined;
  const parts: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at: number = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length < length) throw new PngError("it is cut short");
    if (type === "IHDR") header = readHeader(data);
    else if (type === "PLTE") palette = data.slice();
    else if (type === "tRNS") transparency = data;
    else if (type === "IDAT") parts.push(data);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!header) throw new PngError("it has no header");
  if (parts.length === 0) throw new PngError("it has no pixels");
  return paint(header, inflate(parts, header), palette, transparency);
}

function readHeader(data: Uint8Array): Header {
  if (data.length < 13) throw new PngError("its header is cut short");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colour = 0, compression, filter, interlace] = data.subarray(8);
  if (
    width === 0 || height === 0 || Math.max(width, height) > LONGEST_SIDE ||
    width * height > MOST_PIXELS
  ) {
    throw new PngError(`${width} × ${height} pixels are no thumbnail`);
  }
  if (
    !DEPTHS[colour]?.includes(depth) || compression !== 0 || filter !== 0 || (interlace ?? 2) > 1
  ) {
    throw new PngError("its format is unknown");
  }
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

/** Bytes of one row of a pass, without its filter. */
function rowBytes({ depth, colour }: Header, width: number): number {
  return Math.ceil(width * depth * (CHANNELS[colour] ?? 1) / 8);
}

function passesOf({ interlaced, width, height }: Header) {
  return (interlaced ? ADAM7 : ONE_PASS).map(([left, top, across, down]) => ({
    left,
    top,
    across,
    down,
    width: Math.ceil((width - left) / across),
    height: Math.ceil((height - top) / down),
  })).filter((pass) => pass.width > 0 && pass.height > 0);
}

function inflate(parts: readonly Uint8Array[], header: Header): Uint8Array {
  const size = passesOf(header)
    .reduce((sum, { width, height }) => sum + height * (1 + rowBytes(header, width)), 0);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  let pixels: Uint8Array;
  try {
    pixels = inflateSync(whole, { maxOutputLength: size + 1 });
  } catch {
    throw new PngError("its data is damaged");
  }
  if (pixels.length < size) throw new PngError("its data is cut short");
  return pixels;
}

function paint(
  header: Header,
  bytes: Uint8Array,
  palette: Uint8Array,
  transparency: Uint8Array | undefined,
): Picture {
  const { width, height, depth, colour } = header;
  const channels = CHANNELS[colour] ?? 1;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const bytesPerPixel = Math.max(1, depth * channels >> 3);
  const pixel = painter(header, palette, transparency, data);
  let at = 0;
  for (const pass of passesOf(header)) {
    const length = rowBytes(header, pass.width);
    let above = new Uint8Array(length);
    for (let row = 0; row < pass.height; row++) {
      const line = bytes.slice(at + 1, at + 1 + length);
      unfilter(bytes[at] ?? 0, line, above, bytesPerPixel);
      at += 1 + length;
      const y = pass.top + row * pass.down;
      for (let column = 0; column < pass.width; column++) {
        pixel(line, column, 4 * (y * width + pass.left + column * pass.across));
      }
      above = line;
    }
  }
  return { width, height, data };
}

/** Undoes a row's filter in place (section 9.2). */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  for (let at = 0; at < line.length; at++) {
    const left = at >= step ? line[at - step]! : 0;
    const up = above[at]!;
    const corner = at >= step ? above[at - step]! : 0;
    switch (filter) {
      case 0:
        return;
      case 1:
        line[at]! += left;
        break;
      case 2:
        line[at]! += up;
        break;
      case 3:
        line[at]! += (left + up) >> 1;
        break;
      case 4:
        line[at]! += paeth(left, up, corner);
        break;
      default:
        throw new PngError("its data is damaged");
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

type PaintPixel = (line: Uint8Array, column: number, to: number) => void;

function painter(
  { depth, colour }: Header,
  palette: Uint8Array,
  transparency: Uint8Array | undefined,
  data: Uint8ClampedArray,
): PaintPixel {
  const channels = CHANNELS[colour] ?? 1;
  const most = 2 ** depth - 1;
  /** A sample as it stands: 0 … 2^depth − 1. */
  const sample = (line: Uint8Array, column: number, channel: number): number => {
    const index = column * channels + channel;
    if (depth === 8) return line[index] ?? 0;
    if (depth === 16) return ((line[2 * index] ?? 0) << 8) | (line[2 * index + 1] ?? 0);
    const bit = index * depth;
    return ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & most;
  };
  const put = (to: number, red: number, green: number, blue: number, alpha: number) => {
    data[to] = red * alpha + 255 * (1 - alpha);
    data[to + 1] = green * alpha + 255 * (1 - alpha);
    data[to + 2] = blue * alpha + 255 * (1 - alpha);
  };
  const clear = transparency && colour !== 3
    ? Array.from(
      { length: transparency.length >> 1 },
      (_, i) => ((transparency[2 * i] ?? 0) << 8) | (transparency[2 * i + 1] ?? 0),
    )
    : [];
  const scale = 255 / most;
  switch (colour) {
    case 3:
      return (line, column, to) => {
        const index = sample(line, column, 0);
        if (3 * index + 2 >= palette.length) throw new PngError("its palette is cut short");
        const alpha = (transparency?.[index] ?? 255) / 255;
        put(to, palette[3 * index]!, palette[3 * index + 1]!, palette[3 * index + 2]!, alpha);
      };
    case 0:
    case 4:
      return (line, column, to) => {
        const raw = sample(line, column, 0);
        const alpha = colour === 4 ? sample(line, column, 1) / most : raw === clear[0] ? 0 : 1;
        put(to, raw * scale, raw * scale, raw * scale, alpha);
      };
    default:
      return (line, column, to) => {
        const [red, green, blue] = [0, 1, 2].map((channel) => sample(line, column, channel));
        const isClear = clear.length === 3 && red === clear[0] && green === clear[1] &&
          blue === clear[2];
        const alpha = colour === 6 ? sample(line, column, 3) / most : isClear ? 0 : 1;
        put(to, red! * scale, green! * scale, blue! * scale, alpha);
      };
  }
}
