// PNG images of every kind that the specification knows, made here from one picture, come out as that picture;
// damaged and hostile ones are refused before they take memory.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { decodePng, PngError } from "../../../core/documents/thumbnail/decode_png.ts";
import { shrinkPicture } from "../../../core/documents/thumbnail/shrink_picture.ts";

const [WIDTH, HEIGHT] = [13, 11];

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

interface Shape {
  readonly width?: number;
  readonly height?: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlace?: 0 | 1;
}

function header({ width = WIDTH, height = HEIGHT, depth, colour, interlace = 0 }: Shape) {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([depth, colour, 0, 0, interlace], 8);
  return chunk("IHDR", bytes);
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Samples of a pixel, 0 … 2^depth − 1. */
type Sampler = (x: number, y: number) => readonly number[];

/** Rows of a part of the picture with their filters, as a PNG holds them (sections 7 to 9). */
function rows(
  { depth }: Shape,
  xs: readonly number[],
  ys: readonly number[],
  at: Sampler,
  filters: readonly number[],
): Uint8Array {
  const lines = ys.map((y) => {
    const bits = xs.flatMap((x) =>
      at(x, y).flatMap((sample) =>
        Array.from({ length: depth }, (_, bit) => (sample >> (depth - 1 - bit)) & 1)
      )
    );
    while (bits.length % 8 > 0) bits.push(0);
    return Array.from(
      { length: bits.length / 8 },
      (_, byte) => parseInt(bits.slice(8 * byte, 8 * byte + 8).join(""), 2),
    );
  });
  const step = Math.max(1, (depth * at(0, 0).length) >> 3);
  return Uint8Array.from(lines.flatMap((line, row) => {
    const filter = filters[row % filters.length]!;
    const above = lines[row - 1] ?? line.map(() => 0);
    const filtered = line.map((byte, index) => {
      const left = line[index - step] ?? 0;
      const up = above[index]!;
      const corner = index >= step ? above[index - step]! : 0;
      const nearest = () => {
        const guess = left + up - corner;
        const byDistance = [left, up, corner].map((value, order) =>
          [Math.abs(guess - value), order, value] as const
        );
        return byDistance.sort((a, b) => a[0] - b[0] || a[1] - b[1])[0]![2];
      };
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? nearest() : 0][filter]!;
      return (byte - guess) & 0xff;
    });
    return [filter, ...filtered];
  }));
}

const range = (from: number, to: number, step: number) =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function encode(
  shape: Shape,
  at: Sampler,
  { filters = [0, 1, 2, 3, 4], before = [] as Uint8Array[], pieces = 1 } = {},
): Uint8Array {
  const parts = (shape.interlace ? ADAM7 : [[0, 0, 1, 1]] as const)
    .map(([x, y, dx, dy]) => [range(x, WIDTH, dx), range(y, HEIGHT, dy)] as const)
    .filter(([xs, ys]) => xs.length > 0 && ys.length > 0)
    .map(([xs, ys]) => rows(shape, xs, ys, at, filters));
  const data = deflateSync(join(...parts));
  const size = Math.ceil(data.length / pieces);
  return join(
    SIGNATURE,
    header(shape),
    ...before,
    ...Array.from(
      { length: pieces },
      (_, i) => chunk("IDAT", data.subarray(i * size, (i + 1) * size)),
    ),
    chunk("IEND", new Uint8Array()),
  );
}

/** A value that differs from its neighbours. */
const mix = (x: number, y: number, channel: number) => (x * 37 + y * 101 + channel * 59) % 256;

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
const PALETTE = Array.from(
  { length: 256 },
  (_, index) => [index, 255 - index, (index * 7) % 256] as const,
);

for (const [name, depths] of Object.entries(DEPTHS)) {
  const colour = Number(name);
  for (const depth of depths) {
    for (const interlace of [0, 1] as const) {
      Deno.test(`colour type ${colour}, depth ${depth}, interlace ${interlace}`, () => {
        const most = 2 ** depth - 1;
        const sample: Sampler = (x, y) =>
          Array.from(
            { length: CHANNELS[colour]! },
            (_, channel) => Math.round((mix(x, y, channel) * most) / 255),
          );
        const before = colour === 3 ? [chunk("PLTE", Uint8Array.from(PALETTE.flat()))] : [];
        const picture = decodePng(
          encode({ depth, colour, interlace }, sample, { before, pieces: 3 }),
        );
        deepStrictEqual([picture.width, picture.height], [WIDTH, HEIGHT]);
        for (let y = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++) {
            const values = sample(x, y);
            const alpha = colour === 4 || colour === 6 ? values.at(-1)! / most : 1;
            const rgb = colour === 3
              ? PALETTE[values[0]!]!
              : [0, 1, 2].map((i) => (values[colour === 0 || colour === 4 ? 0 : i]! * 255) / most);
            const want = rgb.map((value) => value * alpha + 255 * (1 - alpha));
            const is = picture.data.subarray(4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 4);
            want.forEach((value, i) => ok(Math.abs(value - is[i]!) <= 0.51, `${x} ${y} ${i}`));
            strictEqual(is[3], 255);
          }
        }
      });
    }
  }
}

Deno.test("a colour that counts as transparent, and palettes with transparency, are white", () => {
  const grey = decodePng(encode({ depth: 8, colour: 0 }, (x, y) => [mix(x, y, 0)], {
    before: [chunk("tRNS", Uint8Array.of(0, mix(2, 3, 0)))],
  }));
  strictEqual(grey.data[4 * (3 * WIDTH + 2)], 255);
  const indexed = decodePng(encode({ depth: 8, colour: 3 }, () => [1], {
    before: [
      chunk("PLTE", Uint8Array.of(9, 9, 9, 0, 0, 0)),
      chunk("tRNS", Uint8Array.of(255, 128)),
    ],
  }));
  strictEqual(indexed.data[0], 127);
});

const plain = () => encode({ depth: 8, colour: 2 }, (x, y) => [0, 1, 2].map((c) => mix(x, y, c)));

Deno.test("a PNG that is cut short anywhere is refused", () => {
  const whole = plain();
  for (let size = 0; size < whole.length - 16; size++) {
    throws(() => decodePng(whole.subarray(0, size)), PngError, `${size} bytes`);
  }
});

Deno.test("sizes that no thumbnail has are refused before memory is asked for", () => {
  for (
    const [width, height] of [[0, 5], [2 ** 31, 2 ** 31], [1, 2 ** 20], [60_000, 60_000]] as const
  ) {
    const bytes = join(
      SIGNATURE,
      header({ depth: 16, colour: 6, width, height }),
      chunk("IDAT", deflateSync(new Uint8Array(1 << 20))),
    );
    throws(() => decodePng(bytes), PngError);
  }
});

Deno.test("data that unpacks to more than its pixels is no reason to unpack it", () => {
  const bomb = deflateSync(new Uint8Array(1 << 26));
  const bytes = join(
    SIGNATURE,
    header({ depth: 1, colour: 0, width: 8, height: 8 }),
    chunk("IDAT", bomb),
  );
  const before = Deno.memoryUsage().external;
  try {
    decodePng(bytes);
  } catch (error) {
    ok(error instanceof PngError);
  }
  ok(Deno.memoryUsage().external - before < 1 << 24);
});

Deno.test("unknown formats, filters and palettes that are too short are refused", () => {
  for (const shape of [{ depth: 3, colour: 0 }, { depth: 8, colour: 5 }, { depth: 1, colour: 2 }]) {
    throws(() => decodePng(join(SIGNATURE, header(shape), chunk("IDAT", Uint8Array.of(0)))));
  }
  throws(() => decodePng(encode({ depth: 8, colour: 0 }, () => [1], { filters: [7] })), PngError);
  throws(() =>
    decodePng(encode({ depth: 8, colour: 3 }, () => [2], {
      before: [chunk("PLTE", Uint8Array.of(1, 2, 3))],
    })), PngError);
});

Deno.test("a picture is made smaller by means, its proportions kept, and never larger", () => {
  const data = new Uint8ClampedArray(1000 * 400 * 4).map((_, i) =>
    i % 4 === 3 ? 255 : (i >> 2) % 2 === 0 ? 100 : 200
  );
  const small = shrinkPicture({ width: 1000, height: 400, data }, { width: 500, height: 5000 });
  deepStrictEqual([small.width, small.height], [500, 200]);
  ok(small.data.every((value, i) => i % 4 === 3 ? value === 255 : value === 150));
  const picture = { width: 400, height: 4000, data: new Uint8ClampedArray(4) };
  strictEqual(shrinkPicture(picture, { width: 500, height: 5000 }), picture);
  // A third: pixels count by their share.
  const row = Uint8ClampedArray.from([0, 90, 240, 30, 60, 60].flatMap((v) => [v, v, v, 255]));
  const third = shrinkPicture({ width: 6, height: 1, data: row }, { width: 4, height: 9 });
  deepStrictEqual([...third.data].filter((_, i) => i % 4 === 0), [30, 190, 40, 60]);
});
