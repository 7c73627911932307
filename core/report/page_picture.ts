// Thumbnails for pages: read whole, so only small ones, and only what a browser takes for the picture it is.

import type { Files } from "../library/files.ts";
import { dataUri, html, type Markup } from "./html_page.ts";

/** A picture as data URI, by what its first bytes say it is. */
export function pictureUri(bytes: Uint8Array): string | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(8, 12) === "WEBP") return dataUri("image/webp", bytes);
  return text(1, 4) === "PNG" ? dataUri("image/png", bytes) : undefined;
}

/** The thumbnail in a file, if it is one and can be read: that it isn't is for the checks to tell.
 * @param largest bytes */
export function readPicture(files: Files, path: string, largest: number): string | undefined {
  try {
    const { kind, size } = files.stat(path);
    return kind === "file" && size <= largest ? pictureUri(files.readBytes(path)) : undefined;
  } catch {
    return undefined;
  }
}

/** A document's picture on a page, or its place where there is none.
 * @param uri of {@linkcode readPicture} */
export function pictureMarkup(uri: string | undefined, alt: string): Markup {
  return uri === undefined
    ? html`
      <span class="none">no picture</span>
    `
    : html`
      <img alt="${alt}" src="${uri}">
    `;
}
