// A media folder that is missing would look like a library whose every file is gone.

import { PaperwardError } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Files } from "./files.ts";

/** Checks that the media folder is there.
 * @throws {PaperwardError} exit `noLibrary` if it is missing or no folder */
export function checkMedia(files: Files, { mediaRoot }: Pick<Settings, "mediaRoot">): void {
  if (files.exists(mediaRoot) && files.stat(mediaRoot).kind === "folder") return;
  throw new PaperwardError(`Cannot find the media folder: ${mediaRoot} is not a folder`, {
    exit: "noLibrary",
    hints: ["name it by --media-root or PAPERLESS_MEDIA_ROOT; is its file system mounted?"],
  });
}
