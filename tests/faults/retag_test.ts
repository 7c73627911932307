// document_retagger, killed at random moments: the library is always one that it can go on with, and the next run
// brings it to where an undisturbed one would have brought it.

import { deepStrictEqual, ok } from "node:assert/strict";
import { type Library, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { type LibraryState, recordedState, stateAfter } from "../_recorded_after.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { afterMs, type Moment, randomNumbers, randomSeed, whenSeen } from "../_moments.ts";

const KILLS = 12;
const ARGUMENTS = ["document_retagger", "--no-progress-bar", "-c", "-T", "-t", "-s", "-f"];
const seed = randomSeed();

/** What has to come right: a second run writes its own times and entries of the audit log. */
function settled(state: LibraryState) {
  return {
    documents: Object.fromEntries(
      Object.entries(state.documents).map(([id, { touched: _, ...row }]) => [id, row]),
    ),
    tags: state.tags,
    media: state.media,
    emptyFolders: state.emptyFolders,
  };
}

function look(library: Library) {
  return settled(stateAfter(library, { modified: new Map(), audit: 0 }));
}

/** Every file's content, wherever it is: nothing may get lost or doubled. */
function contents({ media }: Pick<LibraryState, "media">): string[] {
  return media.map((line) => line.slice(line.lastIndexOf(" "))).sort();
}

/** Moments of all kinds: by the clock, and when something begins to change. */
function momentsOf({ data, media }: Library, random: () => number): Moment {
  const exists = (path: string) => {
    try {
      Deno.lstatSync(path);
      return true;
    } catch {
      return false;
    }
  };
  const entry = `${data}/paperward/journal/000001.jsonl`;
  const grown = (size: number) => () => exists(entry) && Deno.statSync(entry).size > size;
  const moments: readonly Moment[] = [
    afterMs(300 + random() * 1500),
    whenSeen(() => exists(entry)),
    whenSeen(grown(200)),
    whenSeen(grown(2000)),
    whenSeen(grown(20_000)),
    whenSeen(() => !exists(`${media}/documents/originals/2022/Oxford City Council`)),
    whenSeen(() => !exists(`${data}/db.sqlite3-journal`) && grown(4000)()),
  ];
  return moments[Math.floor(random() * moments.length)]!;
}

for (const version of VERSIONS) {
  Deno.test({
    name:
      `${version}: ${KILLS} kills at random moments; a re-run ends as upstream did (seed ${seed})`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      const random = randomNumbers(seed);
      const expected = settled(recordedState(version, "document_retagger-cTts_f"));
      let killed = 0;
      for (let round = 0; round < KILLS; round++) {
        using library = unpackLibrary(version);
        const before = contents(look(library));
        const running = startBinary(ARGUMENTS, { env: library.env });
        await momentsOf(library, random)(running);
        running.kill("SIGKILL");
        const { signal } = await running.ended;
        if (signal === "SIGKILL") killed++;
        deepStrictEqual(contents(look(library)), before, `round ${round}: a file got lost`);
        assertCode(await runBinary(ARGUMENTS, { env: library.env }), 0);
        deepStrictEqual(look(library), expected, `round ${round}`);
      }
      ok(killed > 0, "no run was killed: the moments came too late");
    },
  });
}
