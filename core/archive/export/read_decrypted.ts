// Documents that are encrypted with GPG are exported in plain, as upstream does: read whole, decrypted and
// checked against the checksum of the plain file.

import { createHash } from "node:crypto";
import type { TransferAlgorithm } from "../../../wasm/checksum/transfer.ts";
import type { Files } from "../../library/files.ts";
import { type ExportProblem, fileProblem, type PlannedFile } from "./planned_file.ts";

/** Reads and decrypts a file of the library; what is wrong with it comes back as a problem. */
export async function readDecrypted(
  files: Files,
  file: PlannedFile,
  passphrase: string | undefined,
  algorithm: TransferAlgorithm,
): Promise<{ readonly bytes: Uint8Array } | { readonly problem: ExportProblem }> {
  const problem = (kind: ExportProblem["kind"], message: string) =>
    fileProblem(file, kind, message);
  if (!passphrase) {
    return problem(
      "not decrypted",
      "it is encrypted with GPG, and PAPERLESS_PASSPHRASE is not set",
    );
  }
  // Few libraries hold encrypted documents: the others don't load OpenPGP.
  const { decryptDocument } = await import("../../documents/gpg/decrypt_document.ts");
  try {
    const bytes = await decryptDocument(files.readBytes(file.path), passphrase, file.source);
    if (file.checksum === null || algorithm === "none") return { bytes };
    const digest = createHash(algorithm).update(bytes).digest("hex");
    if (digest === file.checksum) return { bytes };
    return problem(
      "checksum mismatch",
      `decrypted, its checksum is ${digest}, the database says ${file.checksum}`,
    );
  } catch (error) {
    return problem("not decrypted", error instanceof Error ? error.message : String(error));
  }
}
