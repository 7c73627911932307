// File names from templates, for a batch of documents. Invariant: a template can do nothing but give a
// text; whatever else it tries (files, endless work, endless memory) ends as that document's fall-back name.

import {
  encodeVariables,
  JOB_CHUNK,
  openTemplateRenderer,
  type TemplateJob,
  type TemplateResult,
} from "../../../wasm/template/open_template_renderer.ts";
import { cleanRenderedPath } from "./clean_rendered_path.ts";
import { convertLegacyFormat } from "./convert_legacy_format.ts";
import { filenameContext, type TemplateNeeds, templateNeeds } from "./filename_context.ts";
import type { FilenameDocument, Generation } from "./filename_document.ts";

/** The settings that decide names. */
export interface FilenameGeneratorOptions {
  readonly generation: Generation;
  /** PAPERLESS_FILENAME_FORMAT; old `{title}` placeholders are rewritten. */
  readonly filenameFormat?: string | undefined;
  /** PAPERLESS_FILENAME_FORMAT_REMOVE_NONE */
  readonly removeNone: boolean;
  /** IANA name: PAPERLESS_TIME_ZONE, in which `added` becomes a date. */
  readonly timeZone: string;
}

/** Why a document has no name from its template, or not the one it asked for. */
export interface NamingProblem {
  /** `template`: it failed; `limit`: it took too much; `value`: a custom field's value could not be used, the
   * name was made without it. */
  readonly kind: "template" | "limit" | "value";
  /** One sentence in plain words. */
  readonly message: string;
  /** Whether the same problem of the same template was already told for an earlier document. */
  readonly repeated: boolean;
}

/** What a document's template gave. */
export interface RenderedName {
  readonly pk: number;
  /** A relative path without extension, or null: the seven-digit id is used. */
  readonly path: string | null;
  readonly problems: readonly NamingProblem[];
}

/** Gives names until it is closed. */
export interface FilenameGenerator {
  /** What must be loaded of a document for its template. */
  needs(storagePath: string | null): TemplateNeeds;
  /** In the order of the documents. Versions (v3) are rendered with the values of their root document. */
  render(documents: readonly FilenameDocument[]): Promise<readonly RenderedName[]>;
  close(): void;
}

/** A template that took too much this often is not tried again: 100,000 documents would take hours. */
const PATIENCE = 20;

const NOTHING: TemplateNeeds = {
  content: false,
  tags: false,
  customFields: false,
  objects: false,
};

/** Opens the template engine in a Worker without any permission. */
export function openFilenameGenerator(options: FilenameGeneratorOptions): FilenameGenerator {
  const { generation, removeNone, timeZone } = options;
  const format = options.filenameFormat === undefined
    ? undefined
    : convertLegacyFormat(options.filenameFormat);
  const renderer = openTemplateRenderer();
  const told = new Set<string>();
  const exhausted = new Map<string, number>();
  const known = new Map<string, TemplateNeeds>();

  const templateOf = (storagePath: string | null): string | undefined => storagePath ?? format;

  function problem(kind: NamingProblem["kind"], template: string, message: string): NamingProblem {
    const key = JSON.stringify([template, message]);
    const repeated = told.has(key);
    // A hostile library must not make this grow without end.
    if (told.size < 10_000) told.add(key);
    return { kind, message, repeated };
  }

  function named(pk: number, template: string, result: TemplateResult): RenderedName {
    if ("text" in result) {
      const path = cleanRenderedPath(result.text, generation, removeNone);
      if (path !== null) return { pk, path: path === "" ? null : path, problems: [] };
      const message = "the file name template gives a path that leads out of its folder or is none";
      return { pk, path: null, problems: [problem("template", template, message)] };
    }
    const kind = result.failure === "limit" ? "limit" : "template";
    if (kind === "limit") exhausted.set(template, (exhausted.get(template) ?? 0) + 1);
    const message = `the file name template fails: ${result.message}`;
    return { pk, path: null, problems: [problem(kind, template, message)] };
  }

  /** One batch of results; jobs are made and sent few at a time, for texts can be long. */
  async function renderSome(documents: readonly FilenameDocument[]): Promise<RenderedName[]> {
    const jobs: TemplateJob[] = [];
    const names = documents.map(
      (document): RenderedName | ((result: TemplateResult) => RenderedName) => {
        const { pk } = document;
        const template = templateOf(document.storagePath?.path ?? null);
        if (template === undefined) return { pk, path: null, problems: [] };
        if ((exhausted.get(template) ?? 0) >= PATIENCE) {
          const message =
            "the file name template took too much for other documents and is not tried again";
          return { pk, path: null, problems: [problem("limit", template, message)] };
        }
        const context = filenameContext(document, generation, timeZone, template);
        jobs.push({ template, variables: encodeVariables(context.variables) });
        return (result) => {
          const name = named(pk, template, result);
          const values = context.problems.map((message) => problem("value", template, message));
          return values.length === 0 ? name : { ...name, problems: [...name.problems, ...values] };
        };
      },
    );
    const results = (await renderer.render(jobs)).values();
    return names.map((name) => typeof name === "function" ? name(results.next().value!) : name);
  }

  return {
    needs(storagePath) {
      const template = templateOf(storagePath);
      if (template === undefined) return NOTHING;
      let needs = known.get(template);
      if (!needs) known.set(template, needs = templateNeeds(template));
      return needs;
    },
    async render(documents) {
      const names: RenderedName[] = [];
      // While the Worker renders one batch, the values of the next are put together.
      let running: Promise<readonly RenderedName[]> = Promise.resolve([]);
      const start = async (batch: readonly FilenameDocument[]): Promise<void> => {
        const before = running;
        running = renderSome(batch);
        running.catch(() => {});
        names.push(...await before);
      };
      let batch: FilenameDocument[] = [];
      let size = 0;
      for (const document of documents) {
        batch.push(document);
        size += 1 + (document.content?.length ?? 0) / 512;
        if (size < JOB_CHUNK) continue;
        await start(batch);
        [batch, size] = [[], 0];
      }
      await start(batch);
      names.push(...await running);
      return names;
    },
    close: () => renderer.close(),
  };
}
