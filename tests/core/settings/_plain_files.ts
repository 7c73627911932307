// A file system for the tests of settings, from plain objects: files by path, links by path.

import type { SettingsFiles } from "../../../core/settings/settings_files.ts";

/** @param files path → text, null for a folder, an Error that reading throws
 * @param links path → target, absolute */
export function plainFiles(
  files: Readonly<Record<string, string | null | Error>>,
  links: Readonly<Record<string, string>> = {},
): SettingsFiles {
  const exists = (path: string) =>
    path === "/" || Object.keys(files).some((each) => each === path || each.startsWith(`${path}/`));
  const real = (path: string, depth = 0): string => {
    if (depth > 40) throw new Error("Too many levels of symbolic links (os error 40)");
    let at = "";
    for (const name of path.split("/").filter(Boolean)) {
      at = name === ".." ? at.replace(/\/[^/]*$/, "") : `${at}/${name}`;
      const target = links[at];
      if (target !== undefined) at = real(target, depth + 1);
      if (!exists(at || "/")) throw new Deno.errors.NotFound(path);
    }
    return at || "/";
  };
  return {
    kind(path) {
      try {
        const content = files[real(path)];
        return Promise.resolve(content === null || content === undefined ? "folder" : "file");
      } catch {
        return Promise.resolve(undefined);
      }
    },
    readText(path) {
      const content = files[real(path)];
      if (content instanceof Error) return Promise.reject(content);
      return Promise.resolve(content ?? "");
    },
    realPath: (path) => Promise.resolve().then(() => real(path)),
  };
}
