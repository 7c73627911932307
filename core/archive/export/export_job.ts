// What the steps of one export share once the library and the target are open.

import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import type { Staging } from "../staging/staging.ts";
import type { ExportOptions } from "./export_options.ts";
import type { ExportWorld } from "./export_world.ts";
import type { Outbox } from "./outbox.ts";
import type { TargetAbilities } from "./probe_target.ts";

/** Where an export goes: the folder in which things are placed, and the zip if there is one. */
export interface ExportTarget {
  readonly folder: string;
  readonly zip?: string;
}

/** One export. */
export interface ExportJob {
  readonly world: ExportWorld;
  readonly options: ExportOptions;
  readonly target: ExportTarget;
  readonly staging: Staging | undefined;
  /** Where manifests grow. */
  readonly outbox: Outbox;
  readonly transfers: TransferPool;
  readonly generation: "v2" | "v3";
  readonly release: string;
  readonly algorithm: "md5" | "sha256";
  readonly abilities: TargetAbilities;
  readonly secrets: Secrets | undefined;
}
