// One walk of records through the steps: the few models as a whole, the others record by record.

import { PaperwardError } from "../../errors.ts";
import {
  existsIn,
  fieldsOf,
  type Generation,
  GENERATION_VERSION,
  manyToManyOf,
} from "../../schema/model.ts";
import { findModel } from "../../schema/registry.ts";
import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import { RawValueError } from "../manifest/raw_values.ts";
import { editRecord } from "./edited_record.ts";
import { NEWEST_RELEASE } from "./releases.ts";
import {
  type FewRecords,
  isRecordStep,
  type RecordStep,
  type SetStep,
  type Step,
  type StepContext,
  type StepLoss,
} from "./step.ts";

/** Takes what is lost of a record. */
export type OnLoss = (model: string, pk: RawJson | null, loss: StepLoss) => void;

/** Runs records through steps. */
export class Conversion {
  readonly #steps: readonly Step[];
  readonly #context: StepContext;
  readonly #generation: Generation;
  readonly #onLoss: OnLoss;
  readonly #chains = new Map<string, readonly RecordStep[]>();
  readonly #names = new Map<string, ReadonlySet<string> | undefined>();

  constructor(
    steps: readonly Step[],
    context: StepContext,
    generation: Generation,
    onLoss: OnLoss,
  ) {
    this.#steps = steps;
    this.#context = context;
    this.#generation = generation;
    this.#onLoss = onLoss;
  }

  /** All records of the few models. They are not fitted yet, so that this can be done model by model. */
  convertFew(records: FewRecords): FewRecords {
    const few = new Map(records);
    for (const step of this.#steps) {
      if (isRecordStep(step)) this.#applyToFew(step, few);
      else this.#reshape(step, few);
    }
    return few;
  }

  /** One record of a model with many. @returns undefined if there is no place for it today */
  convert(record: RawRecord): RawRecord | undefined {
    let current = record;
    for (const step of this.#chainOf(record.model)) current = this.#apply(step, current);
    return this.fit(current);
  }

  /** Takes from a converted record what its model does not have today. */
  fit(record: RawRecord): RawRecord | undefined {
    const release = NEWEST_RELEASE[this.#generation];
    const names = this.#fieldNames(record.model);
    if (!names) {
      const reason = `paperless-ngx ${release} has no such records`;
      this.#onLoss(record.model, record.pk, { field: null, reason });
      return undefined;
    }
    const drop: string[] = [];
    for (const name of record.fields.keys()) {
      if (names.has(name)) continue;
      drop.push(name);
      const reason = `paperless-ngx ${release} has no such field`;
      this.#onLoss(record.model, record.pk, { field: name, reason });
    }
    return drop.length > 0 ? editRecord(record, { drop }) : record;
  }

  #applyToFew(step: RecordStep, few: Map<string, readonly RawRecord[]>): void {
    const records = few.get(step.model);
    if (!records) return;
    const changed = records.map((record) => this.#apply(step, record));
    few.delete(step.model);
    const model = step.renameModel ?? step.model;
    few.set(model, [...few.get(model) ?? [], ...changed]);
  }

  #reshape(step: SetStep, few: Map<string, readonly RawRecord[]>): void {
    const place = `records of ${step.models.join(", ")}`;
    const reshaped = guard(place, () => step.reshape(few, this.#context));
    if (!reshaped) return;
    for (const [model, records] of reshaped.records) {
      if (records.length === 0) few.delete(model);
      else few.set(model, records);
    }
    for (const { model, pk, ...loss } of reshaped.lost ?? []) this.#onLoss(model, pk, loss);
  }

  #apply(step: RecordStep, record: RawRecord): RawRecord {
    const edits = guard(
      `${record.model} ${record.pk}`,
      () => step.change(record, this.#context),
    );
    for (const loss of edits?.lost ?? []) this.#onLoss(record.model, record.pk, loss);
    const edited = edits ? editRecord(record, edits) : record;
    return step.renameModel === undefined ? edited : { ...edited, model: step.renameModel };
  }

  #chainOf(model: string): readonly RecordStep[] {
    const known = this.#chains.get(model);
    if (known) return known;
    const chain: RecordStep[] = [];
    let current = model;
    for (const step of this.#steps) {
      if (!isRecordStep(step) || step.model !== current) continue;
      chain.push(step);
      current = step.renameModel ?? current;
    }
    this.#chains.set(model, chain);
    return chain;
  }

  /** Names of a model's fields in today's exports; undefined if there is no such model. */
  #fieldNames(label: string): ReadonlySet<string> | undefined {
    if (this.#names.has(label)) return this.#names.get(label);
    const generation = this.#generation;
    const model = findModel(label);
    const names = model && existsIn(model, GENERATION_VERSION[generation])
      ? new Set(
        [...fieldsOf(model, generation), ...manyToManyOf(model, generation)].map(({ name }) =>
          name
        ),
      )
      : undefined;
    this.#names.set(label, names);
    return names;
  }
}

/** Runs a step; a value that is not what its field holds becomes an error that names the record. */
function guard<T>(place: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RawValueError)) throw error;
    throw new PaperwardError(`Cannot bring ${place} up to date: ${error.message}`, {
      cause: error,
      hints: ["the manifest is damaged or was not written by paperless-ngx: use another export"],
    });
  }
}
