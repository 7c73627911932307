// Damaged libraries, and what is found in each: one table for all databases.

import { createHash } from "node:crypto";
import type { SanityOptions } from "../../../core/checks/sanity_options.ts";
import type { FixtureVersion, Library } from "../../_fixtures.ts";
import { DEEP } from "./_sanity.ts";

export const ORIGINALS = "documents/originals";
export const FIRST = `${ORIGINALS}/2024/ACME Corporation Ltd/invoice_en_1.pdf`;
const UMLAUTS = `${ORIGINALS}/2024/none/Überweisung für Müller – März.pdf`;

const digest = (algorithm: "md5" | "sha256", path: string) =>
  createHash(algorithm).update(Deno.readFileSync(path)).digest("hex");

/** A library that was damaged, and what is found. */
export interface Damage {
  readonly name: string;
  /** @default both */
  readonly only?: FixtureVersion;
  readonly options?: SanityOptions;
  /** What becomes of its files. */
  damage?(library: Library): void;
  /** What becomes of its rows, on any database: one table and one column a statement. */
  rows?(library: Library): readonly string[];
  /** Servers have no room for it. */
  readonly sqliteOnly?: true;
  /** As `briefly` says it, in order. */
  readonly finds: readonly string[];
}

const usual = (version: FixtureVersion) => version === "v2.20.15" ? "md5" : "sha256";

/** Each check on libraries damaged in exactly that way. */
export const DAMAGES: readonly Damage[] = [
  {
    name: "an empty thumbnail",
    damage: ({ media }) => Deno.truncateSync(`${media}/documents/thumbnails/0000003.webp`),
    finds: ["empty-file 3 thumbnail"],
  },
  {
    name: "a thumbnail whose data is damaged",
    options: DEEP,
    damage: ({ media }) => Deno.truncateSync(`${media}/documents/thumbnails/0000003.webp`, 200),
    finds: ["undecodable-thumbnail 3 thumbnail"],
  },
  {
    name: "a thumbnail that is a PNG",
    options: DEEP,
    damage: ({ media }) =>
      Deno.copyFileSync(
        `${media}/${ORIGINALS}/2019/none/scan_nodpi.png`,
        `${media}/documents/thumbnails/0000003.webp`,
      ),
    finds: ["undecodable-thumbnail 3 thumbnail"],
  },
  {
    name: "a thumbnail as long as no thumbnail is",
    options: DEEP,
    damage: ({ media }) => {
      const path = `${media}/documents/thumbnails/0000003.webp`;
      const bytes = Deno.readFileSync(path);
      const size = bytes.subarray(26, 30);
      size.set([0xff, 0x3f, 0xff, 0x3f]);
      Deno.writeFileSync(path, bytes);
    },
    finds: ["undecodable-thumbnail 3 thumbnail"],
  },
  {
    name: "a PDF that is none, with the right checksum",
    options: DEEP,
    damage: ({ media }) =>
      Deno.writeTextFileSync(`${media}/${FIRST}`, "%PDF-1.4\nnothing of a PDF follows\n"),
    rows: ({ media, version }) => [
      `update documents_document set checksum='${
        digest(usual(version as FixtureVersion), `${media}/${FIRST}`)
      }' where id=1`,
    ],
    finds: ["unopenable-pdf 1 original"],
  },
  {
    name: "an original that is a link out of the library",
    damage({ media }) {
      Deno.removeSync(`${media}/${FIRST}`);
      Deno.symlinkSync("/etc/passwd", `${media}/${FIRST}`);
    },
    finds: ["unreadable-file 1 original"],
  },
  {
    name: "a name that climbs out of the originals",
    rows: () => ["update documents_document set filename='../../../../etc/passwd' where id=1"],
    finds: ["unreadable-file 1 original", `orphan-file ${FIRST}`],
  },
  {
    name: "a folder that is a link out of the library",
    damage({ media, folder }) {
      Deno.mkdirSync(`${folder}/elsewhere`);
      Deno.renameSync(`${media}/${ORIGINALS}/2019`, `${folder}/elsewhere/2019`);
      Deno.symlinkSync("/etc", `${media}/${ORIGINALS}/2019`);
    },
    finds: ["missing-file 31 original", `unreadable-file ${ORIGINALS}/2019`],
  },
  {
    name: "the other generation's checksum (upstream issue 12778)",
    only: "v3.0.5",
    rows: (
      library,
    ) => [
      `update documents_document set checksum='${
        digest("md5", `${library.media}/${FIRST}`)
      }' where id=1`,
    ],
    finds: ["stale-checksum 1 original"],
  },
  {
    name: "the next generation's checksum",
    only: "v2.20.15",
    sqliteOnly: true,
    rows: (
      library,
    ) => [
      `update documents_document set archive_checksum='${
        digest("sha256", `${library.media}/${FIRST.replace("originals", "archive")}`)
      }' where id=1`,
    ],
    finds: ["stale-checksum 1 archive"],
  },
  {
    name: "two spellings of one name",
    rows: () => [
      "update documents_document set filename='2024//ACME Corporation Ltd/invoice_en_1.pdf' where id=2",
    ],
    finds: [
      "checksum-mismatch 2 original",
      "shared-file 1 original",
      `orphan-file ${ORIGINALS}/cf/99.90/none/2024-03/invoice_en_2.pdf`,
    ],
  },
  {
    name: "a link from one document's file to another's",
    damage({ media }) {
      const path = `${media}/${ORIGINALS}/cf/99.90/none/2024-03/invoice_en_2.pdf`;
      Deno.removeSync(path);
      Deno.symlinkSync(`${media}/${FIRST}`, path);
    },
    finds: ["checksum-mismatch 2 original", "shared-file 1 original"],
  },
  {
    name: "a note and a tag that belong to nobody",
    rows: () => [
      "update documents_note set user_id=999 where id=1",
      "insert into documents_document_tags (id, document_id, tag_id) values (9000, 1, 999)",
    ],
    finds: ["foreign-keys", "foreign-keys"],
  },
  {
    name: "permissions on a document that is gone",
    rows: () => [
      "update guardian_userobjectpermission set object_pk='999' where id=1",
      "update guardian_userobjectpermission set object_pk='not a number' where id=2",
    ],
    finds: ["permission-targets", "permission-targets"],
  },
  {
    name: "links to documents that are gone",
    rows: () => [
      "update documents_customfieldinstance set value_document_ids='[2, 999]' where id=14",
      `update documents_customfieldinstance set value_document_ids='{"a": 1}' where id=15`,
    ],
    finds: ["document-links 1", "document-links 2"],
  },
  {
    name: "a name in another Unicode normalisation",
    damage: ({ media }) =>
      Deno.renameSync(`${media}/${UMLAUTS}`, `${media}/${UMLAUTS.normalize("NFD")}`),
    finds: [
      "missing-file 24 original",
      `orphan-file ${UMLAUTS.normalize("NFD")}`,
      "name-variant 24 original",
    ],
  },
  {
    name: "two names that differ by case",
    damage: ({ media }) =>
      Deno.writeTextFileSync(`${media}/${FIRST.replace("invoice", "Invoice")}`, "other"),
    finds: [
      `orphan-file ${FIRST.replace("invoice", "Invoice")}`,
      `name-variant ${FIRST}`,
    ],
  },
  {
    name: "what a NAS and a Mac leave behind",
    damage({ media }) {
      Deno.mkdirSync(`${media}/${ORIGINALS}/@eaDir/deep`, { recursive: true });
      Deno.writeTextFileSync(`${media}/${ORIGINALS}/@eaDir/deep/x`, "x");
      Deno.mkdirSync(`${media}/#recycle`);
      Deno.writeTextFileSync(`${media}/documents/.DS_Store`, "x");
      Deno.writeTextFileSync(`${media}/documents/._x`, "x");
    },
    finds: [
      "nas-litter #recycle",
      "nas-litter documents/.DS_Store",
      "nas-litter documents/._x",
      `nas-litter ${ORIGINALS}/@eaDir`,
    ],
  },
  {
    name: "a bundle without its zip",
    only: "v3.0.5",
    damage: ({ media }) => Deno.removeSync(`${media}/documents/share_link_bundles/bundleslug1.zip`),
    finds: ["missing-bundle documents/share_link_bundles/bundleslug1.zip"],
  },
  {
    name: "thumbnails that are nearly a document's",
    damage({ media }) {
      for (const name of ["0000999.webp", "00000001.webp", "0000001.webp.gpg", "0000001.png"]) {
        Deno.writeTextFileSync(`${media}/documents/thumbnails/${name}`, "x");
      }
    },
    finds: ["00000001.webp", "0000001.png", "0000001.webp.gpg", "0000999.webp"]
      .map((name) => `orphan-file documents/thumbnails/${name}`),
  },
  {
    name: "an orphan whose name would act on a terminal",
    damage: ({ media }) => Deno.writeTextFileSync(`${media}/a\x1b[2J\nb`, "x"),
    finds: ["orphan-file a\x1b[2J\nb"],
  },
  {
    name: "a checksum that is another file's",
    rows: () => ["update documents_document set checksum='0000' where id=5"],
    finds: ["checksum-mismatch 5 original"],
  },
  {
    name: "an archive without checksum",
    rows: () => ["update documents_document set archive_checksum=NULL where id=28"],
    finds: ["archive-fields 28 archive"],
  },
  {
    name: "an archive without name",
    rows: () => ["update documents_document set archive_filename=NULL where id=28"],
    finds: [
      "archive-fields 28 archive",
      "orphan-file documents/archive/2023/National Savings Bank/scan_letter.pdf",
    ],
  },
  {
    name: "documents without text",
    rows: () => ["update documents_document set content='' where id in (1,2)"],
    finds: ["no-content 2", "no-content 1"],
  },
];
