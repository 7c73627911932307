// How settings see the file system: three questions, so that tests answer them from plain objects.

/** The questions. All paths are absolute. */
export interface SettingsFiles {
  /** What a path leads to, behind all links; undefined where nothing is or where it can't be seen. */
  kind(path: string): Promise<"file" | "folder" | "other" | undefined>;
  /** A file's text. @throws the built-in errors of Deno @throws {TypeError} where it is no UTF-8 */
  readText(path: string): Promise<string>;
  /** A path without links. @throws {Deno.errors.NotFound} and other built-in errors */
  realPath(path: string): Promise<string>;
}

/** The real file system. Runs in the launcher: the sandbox couldn't read all of these places. */
export const denoSettingsFiles: SettingsFiles = {
  async kind(path) {
    try {
      const { isFile, isDirectory } = await Deno.stat(path);
      return isFile ? "file" : isDirectory ? "folder" : "other";
    } catch {
      return undefined;
    }
  },
  async readText(path) {
    const bytes = await Deno.readFile(path);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  },
  realPath: (path) => Deno.realPath(path),
};
