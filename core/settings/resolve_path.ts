// Paths made absolute with all links resolved, as Python's Path.resolve() does it: also for what does
// not exist yet, and with `..` taken behind the links, not in the text.

import { PaperwardError } from "../errors.ts";
import type { SettingsFiles } from "./settings_files.ts";

/**
 * The absolute path behind all links.
 * @param cwd absolute
 * @throws {PaperwardError} exit `usage`: links that lead in a circle
 */
export async function resolvePath(
  path: string,
  cwd: string,
  files: Pick<SettingsFiles, "realPath">,
): Promise<string> {
  const whole = path.startsWith("/") ? path : `${cwd}/${path}`;
  const names = whole.split("/").filter((name) => name !== "" && name !== ".");
  // The longest part that exists, then the rest as text.
  for (let length = names.length; length > 0; length--) {
    const head = "/" + names.slice(0, length).join("/");
    try {
      const real = (await files.realPath(head)).split("/").filter(Boolean);
      for (const name of names.slice(length)) name === ".." ? real.pop() : real.push(name);
      return "/" + real.join("/");
    } catch (error) {
      if (error instanceof Error && /symbolic links|ELOOP/.test(error.message)) {
        throw new PaperwardError(`Cannot resolve ${path}: its links lead in a circle`, {
          exit: "usage",
          cause: error,
        });
      }
    }
  }
  const plain: string[] = [];
  for (const name of names) name === ".." ? plain.pop() : plain.push(name);
  return "/" + plain.join("/");
}
