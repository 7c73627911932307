// The retagger inside this process: with a model, whose predictions upstream recorded, and where things go wrong
// while it runs.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openFiles } from "../../../core/library/deno_files.ts";
import type { Classifier, Prediction } from "../../../core/matching/classifier.ts";
import { openMatcher } from "../../../core/matching/open_matcher.ts";
import { type RetagContext, retagLibrary } from "../../../core/matching/retag/retag_library.ts";
import type { RetagOptions } from "../../../core/matching/retag/retag_options.ts";
import { StopSignal } from "../../../core/sandbox/stop_signal.ts";
import type { Settings } from "../../../core/settings/settings.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  tempFolder,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "../../_fixtures.ts";
import { recordedState, stateAfter, stateBefore } from "../../_recorded_after.ts";
import { type SilentReport, silentReport } from "../../_silent_report.ts";

const ALL: RetagOptions = {
  kinds: ["correspondent", "documentType", "tag", "storagePath"],
  inboxOnly: false,
  useFirst: false,
  overwrite: false,
  suggest: false,
  explain: false,
  dryRun: false,
  yes: true,
  arguments: [],
};

async function retag(
  library: Library,
  options: Partial<RetagOptions>,
  changes: Partial<RetagContext> = {},
  report: SilentReport = silentReport(),
) {
  using scratch = tempFolder();
  const settings = {
    dataDir: library.data,
    mediaRoot: library.media,
    database: { kind: "sqlite", path: library.database, timeoutMs: 1000 },
    filenameFormat: library.env.PAPERLESS_FILENAME_FORMAT,
    filenameFormatRemoveNone: false,
    timeZone: "Europe/Berlin",
    auditLogEnabled: true,
  } as unknown as Settings;
  return await retagLibrary({
    settings,
    report,
    stop: new StopSignal(),
    files: openFiles({ read: [], write: [library.folder, scratch.path] }),
    scratch: scratch.path,
    version: "test",
    ask: () => Promise.resolve("nobody there"),
    now: () => new Date(),
    openMatcher,
    processors: 1,
    columns: 160,
    ...changes,
  }, { ...ALL, ...options });
}

/** A model that predicts what upstream's predicted. */
function recordedClassifier(version: FixtureVersion, library: Library): Classifier {
  type Recorded = {
    readonly correspondent: number | null;
    readonly document_type: number | null;
    readonly storage_path: number | null;
    readonly tags: readonly number[];
  };
  const { documents } = JSON.parse(
    Deno.readTextFileSync(`${fixturesRoot()}/${version}/after/matching-with-classifier.json`),
  ) as { readonly documents: Readonly<Record<string, { readonly predictions: Recorded }>> };
  const database = new DatabaseSync(library.database);
  const contents = new Map(
    database.prepare("select id, content from documents_document").all()
      .map(({ id, content }) => [String(content), String(id)]),
  );
  database.close();
  return {
    predict: (texts) =>
      Promise.resolve(texts.map((text): Prediction => {
        const { correspondent, document_type, storage_path, tags } =
          documents[contents.get(text)!]!.predictions;
        return {
          correspondent,
          documentType: document_type,
          storagePath: storage_path,
          tag: tags,
        };
      })),
    close() {},
  };
}

const RUNS: Readonly<Record<string, Partial<RetagOptions>>> = {
  cTts: {},
  cTts_f: { overwrite: true },
  cTts_i: { inboxOnly: true },
  cTts_usefirst: { useFirst: true },
  idrange: { kinds: ["correspondent", "tag"], idRange: [1, 10] },
  idrange_f: { overwrite: true, idRange: [3, 20] },
};

for (const version of VERSIONS) {
  for (const [name, options] of Object.entries(RUNS)) {
    Deno.test({
      name: `${version}: ${name} with a model leaves what upstream left with it`,
      ignore: withoutFixtures(),
      async fn() {
        using library = unpackLibrary(version);
        const before = stateBefore(library);
        const classifier = recordedClassifier(version, library);
        strictEqual((await retag(library, options, { classifier })).exit, "done");
        const recorded = recordedState(version, `document_retagger-${name}-classifier`);
        deepStrictEqual(stateAfter(library, before), recorded);
      },
    });
  }
}

Deno.test({
  name: "a document that changes while it is matched is left alone and listed",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const report = silentReport();
    const summary = await retag(library, { overwrite: true, idRange: [11, 12] }, {
      openMatcher(rules, options) {
        const matcher = openMatcher(rules, options);
        return {
          ...matcher,
          async match(texts) {
            const verdicts = await matcher.match(texts);
            const database = new DatabaseSync(library.database);
            database.exec(
              "update documents_document set modified = '2030-01-01 00:00:00' where id = 11",
            );
            database.close();
            return verdicts;
          },
        };
      },
    }, report);
    strictEqual(summary.exit, "partial");
    strictEqual(summary.failed, 1);
    const said = report.lines.map(({ text }) => text).join("\n");
    match(said, /Document 11 was left alone/);
    const { documents } = stateAfter(library, { modified: new Map(), audit: 0 });
    strictEqual(documents["11"]!.correspondent_id, 6);
    strictEqual(documents["12"]!.correspondent_id, null);
  },
});

Deno.test({
  name:
    "where the disk fails in the middle, rows and files are as before, and nothing is in the journal",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const before = stateBefore(library);
    const untouched = stateAfter(library, before);
    using scratch = tempFolder();
    const files = openFiles({ read: [], write: [library.folder, scratch.path] });
    let renames = 0;
    await rejects(
      retag(library, { overwrite: true }, {
        scratch: scratch.path,
        files: {
          ...files,
          // Folders are synced after the files have moved.
          syncFolder(folder) {
            if (folder.includes("/originals")) {
              throw new Error("Input/output error (os error 5)");
            }
            return files.syncFolder(folder);
          },
          rename(from, to) {
            renames++;
            files.rename(from, to);
          },
        },
      }),
      /os error 5/,
    );
    ok(renames > 0, "nothing had moved yet");
    // The next run brings to rest what the failing disk didn't let be taken back.
    const summary = await retag(library, { overwrite: true });
    strictEqual(summary.exit, "done");
    const recorded = recordedState("v3.0.5", "document_retagger-cTts_f");
    const { media, tags } = stateAfter(library, before);
    deepStrictEqual({ media, tags }, { media: recorded.media, tags: recorded.tags });
    ok(untouched.media.length === media.length);
  },
});
