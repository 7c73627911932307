// The smallest valid PDF, PNG and WebP files, written by hand: every sample library is made of files that
// real readers open, and none of them was made by somebody else.

import { crc32, deflateSync } from "node:zlib";

const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 63;
    return code < 256 ? code : 63;
  });

/** Joins pieces to one. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** What stands in a tiny PDF. */
export interface TinyPdf {
  /** The lines of each page; characters beyond Latin-1 become question marks. */
  readonly pages: readonly (readonly string[])[];
  /** Bytes of a stream that no page shows: a file may be as large as a scan. */
  readonly padding?: Uint8Array;
}

/** A PDF 1.4 file with one line of Helvetica below the other, in pieces, so that a large padding isn't
 * copied. Source: ISO 32000-1, 7.5. */
export function pdfPieces(pdf: TinyPdf): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const offsets: number[] = [];
  let size = 0;
  const add = (piece: Uint8Array | string): void => {
    const bytes = typeof piece === "string" ? latin1(piece) : piece;
    pieces.push(bytes);
    size += bytes.length;
  };
  const addObject = (...body: (Uint8Array | string)[]): void => {
    offsets.push(size);
    add(`${offsets.length} 0 obj\n`);
    body.forEach(add);
    add("\nendobj\n");
  };
  const addStream = (bytes: Uint8Array | string): void =>
    addObject(`<< /Length ${bytes.length} >>\nstream\n`, bytes, "\nendstream");

  const pageIds = pdf.pages.map((_, index) => 4 + 2 * index);
  add("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
  addObject("<< /Type /Catalog /Pages 2 0 R >>");
  addObject(
    `<< /Type /Pages /Count ${pageIds.length} /Kids [${
      pageIds.map((id) => `${id} 0 R`).join(" ")
    }] >>`,
  );
  addObject("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
  for (const [index, lines] of pdf.pages.entries()) {
    addObject(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${4 + 2 * index + 1} 0 R ` +
        "/Resources << /Font << /F1 3 0 R >> >> >>",
    );
    const shown = lines.map((line) => `(${line.replace(/[\\()]/g, "\\$&")}) Tj T*`).join("\n");
    addStream(`BT /F1 12 Tf 14 TL 56 780 Td\n${shown}\nET`);
  }
  if (pdf.padding) addStream(pdf.padding);

  const start = size;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`);
  add(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries.join("")}`);
  add(
    `trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
  );
  return pieces;
}

/** {@linkcode pdfPieces} in one piece. */
export function tinyPdf(pdf: TinyPdf): Uint8Array<ArrayBuffer> {
  return concat(pdfPieces(pdf));
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat([latin1(type), data]);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return chunk;
}

/** A grey PNG with one shade a row. @param shades 0–255, from the top @param width pixels */
export function tinyPng(shades: readonly number[], width = 16): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, shades.length);
  header[8] = 8;
  // Each row starts with its filter: none.
  const rows = concat(
    shades.map((shade) => new Uint8Array(width + 1).fill(shade, 1)),
  );
  return concat([
    latin1("\x89PNG\r\n\x1a\n"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

/** A picture of one colour. */
export interface TinyWebp {
  /** Pixels, 1–16384. */
  readonly width: number;
  readonly height: number;
  /** Red, green, blue: 0–255. */
  readonly colour: readonly [red: number, green: number, blue: number];
  /** Bytes of a chunk that readers skip: a file may be as large as a real thumbnail. */
  readonly padding?: Uint8Array;
}

function riffChunk(type: string, data: Uint8Array): Uint8Array[] {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, data.length, true);
  return [latin1(type), size, data, new Uint8Array(data.length % 2)];
}

/** A lossless WebP of one colour. Every channel has a code of one symbol, so the pixels take no bits.
 * Source: RFC 9649, 2.7 (extended format) and 3.7 (prefix codes). */
export function webpPieces(webp: TinyWebp): Uint8Array[] {
  const [red, green, blue] = webp.colour;
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let i = 0; i < count; i++) bits.push((value >> i) & 1);
  };
  put(webp.width - 1, 14);
  put(webp.height - 1, 14);
  put(0, 4); // no alpha, version 0
  put(0, 3); // no transform, no colour cache, one group of codes
  for (const symbol of [green, red, blue, 255]) {
    put(0b101, 3); // simple code, one symbol, of 8 bits
    put(symbol, 8);
  }
  put(0b0001, 4); // distances: one symbol, 0, of one bit
  const image = new Uint8Array(1 + Math.ceil(bits.length / 8));
  image[0] = 0x2f;
  bits.forEach((bit, index) => image[1 + (index >> 3)]! |= bit << (index & 7));

  const extended = new Uint8Array(10);
  const view = new DataView(extended.buffer);
  view.setUint16(4, (webp.width - 1) & 0xffff, true);
  view.setUint16(7, (webp.height - 1) & 0xffff, true);
  const chunks = [
    ...(webp.padding ? riffChunk("VP8X", extended) : []),
    ...riffChunk("VP8L", image),
    ...(webp.padding ? riffChunk("PADD", webp.padding) : []),
  ];
  const header = latin1("RIFF\0\0\0\0WEBP");
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 4);
  new DataView(header.buffer).setUint32(4, size, true);
  return [header, ...chunks];
}

/** {@linkcode webpPieces} in one piece. */
export function tinyWebp(webp: TinyWebp): Uint8Array<ArrayBuffer> {
  return concat(webpPieces(webp));
}
