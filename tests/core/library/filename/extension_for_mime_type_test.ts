// Extensions follow from the type: upstream's own table first, Python's next.

import { strictEqual } from "node:assert/strict";
import { extensionForMimeType } from "../../../../core/library/filename/extension_for_mime_type.ts";

const VECTORS: Readonly<Record<string, string>> = {
  "application/pdf": ".pdf",
  "image/jpeg": ".jpg",
  "image/tiff": ".tif",
  "image/webp": ".webp",
  "image/heic": ".heic",
  "text/plain": ".txt",
  "application/csv": ".csv",
  "message/rfc822": ".eml",
  "application/msword": ".doc",
  "application/vnd.openxmlformats-officedocument.presentationml.slideshow": ".ppsx",
  "application/vnd.oasis.opendocument.graphics": ".odg",
  "text/rtf": ".rtf",
  "text/html": ".html",
  "application/zip": ".zip",
  "application/octet-stream": ".bin",
  "video/mp4": ".mp4",
  // Python looks its own table up in lower case, where TIFF is spelt out.
  "IMAGE/TIFF": ".tiff",
  "application/rtf": "",
  "application/x-no-such-type": "",
  "": "",
  "constructor": "",
};

for (const [type, extension] of Object.entries(VECTORS)) {
  Deno.test(`the extension of ${type || "no type"} is ${extension || "empty"}`, () => {
    strictEqual(extensionForMimeType(type), extension);
  });
}
