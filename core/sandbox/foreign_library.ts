// Root may change anybody's library, but what it makes there is root's: paperless-ngx, which runs as somebody else,
// can't move or replace it afterwards. Said before anything is changed.

import { journalFolder } from "../library/journal/open_journal.ts";
import type { Settings } from "../settings/settings.ts";
import type { Access } from "./access.ts";

/** What to tell somebody who is about to leave files of root in the library of another user.
 * @returns the warning and its hint; undefined where there is nothing to tell */
export function warningOfRoot(
  access: Access,
  { mediaRoot, dataDir }: Settings,
): readonly [string, string] | undefined {
  const makesFiles = access.write.some((path) =>
    path === mediaRoot || path === journalFolder(dataDir)
  );
  if (!makesFiles || Deno.uid() !== 0) return undefined;
  const owner = ownerOf(mediaRoot);
  if (!owner) return undefined;
  return [
    `Running as root on a library of user ${owner}: files that are made now belong to root, and paperless-ngx may ` +
    "not be able to change them",
    `run it as that user: \`sudo -u '#${owner}' paperward …\`, or \`docker exec -u ${owner} …\``,
  ];
}

/** @returns undefined where there is no such folder, or no such thing as an owner */
function ownerOf(folder: string): number | undefined {
  try {
    return Deno.statSync(folder).uid ?? undefined;
  } catch {
    return undefined;
  }
}
