// Empty folders for each run of a benchmark.

let spent = 0;

/**
 * Gives new, empty folders. The old ones are put aside until the end: for minutes after thousands of files were
 * deleted, ext4 searches long for every new inode, and whoever came first would leave that to the next.
 *
 * @param folders on one file system; what was written to it before is on the disk afterwards
 */
export async function freshFolders(...folders: readonly [string, ...string[]]): Promise<void> {
  for (const folder of folders) {
    await Deno.rename(folder, `${folder}-spent-${++spent}`).catch(() => {});
    await Deno.mkdir(folder);
  }
  await new Deno.Command("sync", { args: ["-f", folders[0]] }).output();
}
