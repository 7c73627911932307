// v3: the zip of a share link bundle that is not there: the link answers with an error.

import { isAbsolute, join } from "node:path";
import { sql } from "kysely";
import { isRelativePath } from "../library/relative_path.ts";
import type { Check } from "./check.ts";

/** Folder of the bundles, below the media folder. */
export const BUNDLES = "documents/share_link_bundles";

/** `missing-bundle` */
export const missingBundle: Check = {
  name: "missing-bundle",
  level: "warning",
  origin: "paperward",
  summary: "The zip of a share link bundle does not exist (v3).",
  async *rows({ snapshot, mediaRoot, locate }) {
    const table = "documents_sharelinkbundle";
    if (!snapshot.tables.has(table)) return;
    const rows = snapshot.rows({
      table,
      columns: [{ column: "id", kind: "auto" }, { column: "file_path", kind: "char" }],
      where: sql`file_path is not null and file_path <> ''`,
      orderBy: sql`id`,
    }, 500);
    for await (const batch of rows) {
      for (const [id, stored] of batch) {
        const path = join(mediaRoot, BUNDLES, bundleName(String(stored)));
        if (isRelativePath(bundleName(String(stored))) && locate(path).kind === "file") continue;
        yield {
          message: `file of bundle ${id} is missing: ${path}`,
          path,
          facts: { bundle: String(id) },
        };
      }
    }
  },
};

/** Absolute paths are those of older installations: the name counts. */
export function bundleName(stored: string): string {
  return isAbsolute(stored) ? stored.slice(stored.lastIndexOf("/") + 1) : stored;
}
