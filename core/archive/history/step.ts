// The shape of a format change: data that says since which release exports have the new form, and a pure
// function from a record (or the few records of some models) to what is different about it.

import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import type { LostKind } from "./lost.ts";
import type { Release } from "./releases.ts";

/** A value, or a function that makes it when it is asked for (texts that would be too much to hold). */
export type NewValue = RawJson | (() => RawJson);

/** What is not carried over by one step. */
export interface StepLoss {
  /** @default {"lost"} */
  readonly kind?: LostKind;
  /** null: the whole record. */
  readonly field: string | null;
  /** A sentence's end, as in the list for the user. */
  readonly reason: string;
}

/** What a step changes in one record. Whatever it doesn't name stays. */
export interface Edits {
  /** Fields renamed first, old name to new; a new name that is there already wins. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Fields given a new value, or added. */
  readonly set?: Readonly<Record<string, NewValue>>;
  /** Fields taken away. */
  readonly drop?: readonly string[];
  /** What doesn't come through. */
  readonly lost?: readonly StepLoss[];
}

/** What steps may look up. */
export interface StepContext {
  /** The release that wrote the export. */
  readonly from: Release;
  /** IANA name of the library's zone (`PAPERLESS_TIME_ZONE`): days begin there. */
  readonly timeZone: string;
  /** Number of options by the key of each custom field of type select, as the export has them. */
  readonly selectOptions: ReadonlyMap<RawJson, number>;
  /** Takes a file name and gives one that no other document got: itself, or with `_01`, `_02`… in its stem. */
  readonly uniqueArchiveName: (name: string) => string;
}

interface Since {
  /** The first release whose exports have the new form; older ones take the step. */
  readonly since: Release;
  /** The upstream migration that makes the same change in a database: `documents.1067`. */
  readonly migration: string;
}

/** A change of single records. */
export interface RecordStep extends Since {
  /** `documents.tag` */
  readonly model: string;
  /** The model's new name. */
  readonly renameModel?: string;
  /** Pure; undefined where nothing changes. */
  readonly change: (record: RawRecord, context: StepContext) => Edits | undefined;
}

/** The records of all models but those with a row or more a document, by model. */
export type FewRecords = ReadonlyMap<string, readonly RawRecord[]>;

/** New lists of some models' records. */
export interface Reshaped {
  /** Whole lists: what is not in them is gone; an empty one removes the model. */
  readonly records: ReadonlyMap<string, readonly RawRecord[]>;
  /** What doesn't come through. */
  readonly lost?: readonly (StepLoss & { readonly model: string; readonly pk: RawJson | null })[];
}

/** A change that needs several records at once. */
export interface SetStep extends Since {
  /** Models that it reads or writes. */
  readonly models: readonly string[];
  /** Pure; undefined where nothing changes. */
  readonly reshape: (few: FewRecords, context: StepContext) => Reshaped | undefined;
}

/** One format change. */
export type Step = RecordStep | SetStep;

/** Whether a step changes single records. */
export function isRecordStep(step: Step): step is RecordStep {
  return "change" in step;
}
