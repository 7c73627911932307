// The compiled document_renamer is killed in the midst of a batch, while a Worker moves files and rows are written:
// the next run brings every file and every row to where an undisturbed run brings them.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../core/library/deno_files.ts";
import { assertCode, runBinary, startBinary, withoutBinary } from "../_run_binary.ts";
import { type Home, tempBase } from "../core/archive/import/_world.ts";
import {
  archives,
  copyOf,
  makeLibrary,
  type Named,
  namesOf,
  originals,
} from "../core/library/rename/_world.ts";
import { randomNumbers, randomSeed, whenSeen } from "../_moments.ts";

/** Two batches and a bit: chains, so that files take the names that others leave, and folders. */
const COUNT = 2200;
const DOCUMENTS: readonly Named[] = Array.from({ length: COUNT }, (_, i): Named => ({
  id: i + 1,
  title: i % 3 === 0 ? `folder ${i % 11}/new ${i}` : `n${i + 3}`,
  filename: `n${i}.pdf`,
  created: "2024-01-01",
  ...(i % 4 === 0 ? { archive: `n${i}.pdf` } : {}),
}));

const run = (home: Home) =>
  [["document_renamer", "--no-progress-bar"], {
    env: {
      PAPERLESS_DATA_DIR: home.settings.dataDir,
      PAPERLESS_MEDIA_ROOT: home.settings.mediaRoot,
      PAPERLESS_FILENAME_FORMAT: "{{ document.title }}",
      PAPERLESS_SECRET_KEY: "test",
    },
  }] as const;

Deno.test({
  name: "document_renamer: kill -9 while a Worker moves files; a plain run brings all to its end",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempBase();
    const pristine = makeLibrary(join(temp.path, "pristine"), DOCUMENTS);
    let copies = 0;
    const copy = () => copyOf(pristine, join(temp.path, `library-${++copies}`));
    const { exists } = openFiles({ read: [temp.path], write: [] });
    const look = (home: Home) => [namesOf(home), originals(home), archives(home)];
    const undisturbed = copy();
    assertCode(await runBinary(...run(undisturbed)), 0);
    const wanted = look(undisturbed);
    strictEqual(namesOf(undisturbed)[1], "folder 0/new 0.pdf folder 0/new 0.pdf");

    const seed = randomSeed();
    const random = randomNumbers(seed);
    let astray = 0;
    for (let kill = 0; kill < 6; kill++) {
      const home = copy();
      const before = namesOf(home);
      // Every third document goes to a folder of its own name: it has come when this one is there.
      const mark = 3 * Math.floor(random() * COUNT / 3);
      const place = join(home.documents, `originals/folder ${mark % 11}/new ${mark}.pdf`);
      const running = startBinary(...run(home));
      await whenSeen(() => exists(place))(running);
      running.kill("SIGKILL");
      await running.ended;
      const killed = namesOf(home);
      if (killed[mark + 1] === before[mark + 1] && exists(place)) astray++;
      assertCode(await runBinary(...run(home)), 0);
      deepStrictEqual(look(home), wanted, `seed ${seed}`);
      for (const { name } of Deno.readDirSync(home.settings.dataDir)) {
        ok(!name.endsWith("-journal"), `${name} is left`);
      }
      Deno.removeSync(home.folder, { recursive: true });
    }
    // A kill between two batches leaves nothing to mend; six of them would prove nothing.
    ok(astray > 0, `seed ${seed}`);
  },
});
