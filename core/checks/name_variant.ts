// Names that are one to some file systems and two to others: they differ by Unicode normalisation (macOS writes
// ä as two characters) or by case. A copy of the library over such a system loses one, or can't find it.

import { join } from "node:path";
import type { Check } from "./check.ts";

/** A name as a file system without case and normalisation has it. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** What folding may change. */
// deno-lint-ignore no-control-regex
const FOLDS = /[A-Z]|[^\x00-\x7f]/;

/** `name-variant` */
export const nameVariant: Check = {
  name: "name-variant",
  level: "warning",
  origin: "paperward",
  summary: "Names of files differ only by Unicode normalisation or case.",
  stray({ path, variantOf }) {
    if (!variantOf) return undefined;
    const { document, role } = variantOf;
    return {
      message: `the missing ${role} is here by a name that differs only by ` +
        `${difference(path, variantOf.path)}: ${path}`,
      path,
      role,
      document,
      facts: { expected: variantOf.path },
    };
  },
  *folder(path, names) {
    // Names that are their own folded form, as thumbnails' are, have no variant among each other.
    if (!names.some((name) => FOLDS.test(name))) return;
    const seen = new Map<string, string>();
    for (const name of names) {
      const folded = foldName(name);
      const twin = seen.get(folded);
      if (twin === undefined) {
        seen.set(folded, name);
        continue;
      }
      yield {
        message: `two names differ only by ${difference(name, twin)}: ${join(path, twin)} and ${
          join(path, name)
        }`,
        path: join(path, name),
        facts: { twin: join(path, twin) },
      };
    }
  },
};

function difference(name: string, twin: string): string {
  return name.normalize("NFC") === twin.normalize("NFC") ? "Unicode normalisation" : "case";
}
