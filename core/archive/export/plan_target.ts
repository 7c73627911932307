// What an export does to its target besides copying: what is in the way, what is removed, what is kept.
// Invariant: only what an earlier export's own manifest names counts as ours.

import { dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { FileFacts, Files } from "../../library/files.ts";
import {
  type Leftover,
  leftovers,
  type PreviousExport,
  readPreviousExport,
  walkTarget,
} from "./previous_export.ts";

/** Looks after the target while the plan is made. */
export interface TargetPlanner {
  /** Notes that a path, relative to the target, will be written, and what stands in its way.
   * @param place `free`: nothing is there; `taken`: something is replaced */
  write(path: string, place: "free" | "taken"): void;
  /** What has to go before anything is placed.
   * @throws {PaperwardError} where a stranger is in the way */
  obstacles(): readonly string[];
  /** What is not part of the new export, ours or not.
   * @throws nothing; a damaged manifest is told in {@linkcode TargetPlanner.previous} */
  leftovers(): Iterable<Leftover>;
  /** What earlier exports left; read once, when first needed. */
  previous(): PreviousExport;
}

/** Plans for a target folder.
 * @param newNames every path of the new export, relative to the target; asked for once, late */
export function openTargetPlanner(
  files: Files,
  target: string,
  newNames: () => Iterable<string>,
): TargetPlanner {
  // Held in memory only where something is deleted or in the way.
  let taken: ReadonlySet<string> | undefined;
  const isNew = (path: string) => (taken ??= new Set(newNames())).has(path);
  const checkedFolders = new Set<string>([target]);
  const blockers = new Set<string>();
  let known: PreviousExport | undefined;
  const previous = () => known ??= readPreviousExport(files, target, isNew);

  /** A folder's place may be taken by a file. */
  const checkFolder = (folder: string): void => {
    if (checkedFolders.has(folder)) return;
    checkedFolders.add(folder);
    checkFolder(dirname(folder));
    const facts = lstat(files, folder);
    if (facts && facts.kind !== "folder" && facts.kind !== "link") {
      blockers.add(folder.slice(target.length + 1));
    }
  };

  return {
    previous,
    write(path, place) {
      checkFolder(dirname(join(target, path)));
      // A folder has the name of a file.
      if (place === "taken" && lstat(files, join(target, path))?.kind === "folder") {
        blockers.add(path);
      }
    },
    obstacles() {
      if (blockers.size === 0) return [];
      const { gone } = previous();
      const clear: string[] = [];
      for (const blocker of blockers) {
        const inside = lstat(files, join(target, blocker))?.kind === "folder"
          ? Array.from(walkTarget(files, target, blocker))
          : [blocker];
        const stranger = inside.find((path) => !gone.has(path));
        if (stranger !== undefined) {
          throw new PaperwardError(`Cannot export to ${target}: ${stranger} is in the way`, {
            hints: [
              "no earlier export wrote it, so it is not touched; move it, or export to another folder",
            ],
          });
        }
        clear.push(...(inside.length > 0 ? inside : [blocker]));
      }
      return clear;
    },
    leftovers() {
      const { gone } = previous();
      return leftovers(files, target, isNew, (path) => gone.has(path));
    },
  };
}

function lstat(files: Files, path: string): FileFacts | undefined {
  try {
    return files.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
