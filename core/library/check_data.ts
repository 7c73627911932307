// A data folder that is missing would look like a library in which nothing was ever changed.

import { PaperwardError } from "../errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Files } from "./files.ts";

/** Checks that the data folder is there.
 * @throws {PaperwardError} exit `noLibrary` if it is missing or no folder */
export function checkData(files: Files, { dataDir }: Pick<Settings, "dataDir">): void {
  if (files.exists(dataDir) && files.stat(dataDir).kind === "folder") return;
  throw new PaperwardError(`Cannot find the data folder: ${dataDir} is not a folder`, {
    exit: "noLibrary",
    hints: ["name it by --data-dir or PAPERLESS_DATA_DIR; is its file system mounted?"],
  });
}
