// What ordinary libraries don't hold and a good exporter must survive: one function a case, in one table.

import { textOf } from "../_rows.ts";
import { tinyPdf } from "../_tiny_files.ts";
import type { SampleContext, SampleDocument, SpecialCase } from "./context.ts";
import { pythonJson, Token } from "./python_json.ts";
import { type DocumentSpec, writeDocument, writeMedia } from "./write_document.ts";

type Planter = (context: SampleContext) => readonly SampleDocument[];

/** A document of a case; its text names it, so that no two have the same bytes. */
function plant(
  context: SampleContext,
  special: SpecialCase,
  label: string,
  spec: Partial<DocumentSpec> & Pick<DocumentSpec, "title">,
): SampleDocument {
  return writeDocument(context, {
    kind: "pdf",
    created: "2022-02-02",
    pages: [[special, label]],
    special,
    label,
    ...spec,
  });
}

/** Which document wins a name, and what becomes of the thumbnails, archives and manifests of the others. */
const sharedNames: Planter = (context) => {
  const correspondent = context.objects.correspondents[0]!;
  const members: readonly (readonly [string, Partial<DocumentSpec>])[] = [
    ["pdf", { archive: true }],
    ["png", { kind: "png" }],
    ["txt", { kind: "txt" }],
    ["second pdf", { archive: true }],
    // Its own name is what the counter makes of the others.
    ["named like a counter", { title: "Shared name_01", archive: true }],
    ["named like a thumbnail", { title: "Shared name-thumbnail", kind: "webp", archive: false }],
    ["differs in case only", { title: "SHARED NAME", kind: "csv" }],
  ];
  return members.map(([label, spec]) =>
    plant(context, "sharedNames", label, { title: "Shared name", correspondent, ...spec })
  );
};

/** Titles by label; 300 bytes are 100 characters of three bytes. */
export const HOSTILE_TITLES: Readonly<Record<string, string>> = {
  "terminal escapes": "\u001b[31mred\u001b]0;owned\u0007 \u009b2J",
  "line breaks": "one\ntwo\r\nthree\u2028four",
  "climbs out": "../../../../etc/passwd",
  "absolute": "/etc/passwd",
  "back slashes": "..\\..\\C:\\Windows\\win.ini",
  "every forbidden sign": `a/b\\c:d*e?f"g<h>i|j`,
  "300 bytes": "請".repeat(100),
  "256 bytes": "ä".repeat(128),
  "template marks": "{{ 7*7 }} {% for x in y %} {title} %s ${HOME}",
  "device name": "con",
  "device name with blanks": " aux. ",
  "only dots": "...",
  "hidden": ".htaccess",
  "option": "-rf --help",
  "markup": "<script>alert(1)</script>&amp;",
  "right to left": "invoice\u202egnp.exe",
  "composed otherwise": "a\u0308o\u0308u\u0308",
  "empty": "",
  "blank": "   ",
  "emoji": "👩‍👩‍👧‍👦 family",
};

const hostileTitles: Planter = (context) =>
  Object.entries(HOSTILE_TITLES).map(([label, title]) =>
    plant(context, "hostileTitles", label, { title })
  );

/** Upstream's exporter never ends on these: no counter shows within 255 bytes. */
const longNames: Planter = (context) =>
  ["A", "B", "C"].map((end) =>
    plant(context, "longNames", end, { title: `${"請".repeat(100)}${end}`, archive: true })
  );

/** Number tokens that a JSON parser of doubles would change, as they stand in JSON columns. */
export const ODD_NUMBERS = [
  "9007199254740993",
  "-123456789012345678901234567890",
  "1.0",
  "-0.0",
  "1e16",
  "1E+2",
  "5e-324",
  "1.7976931348623157e308",
  "0.1000",
] as const;

/** Values of a float custom field. SQLite itself stores -0.0 as 0. */
export const ODD_FLOATS = [
  1,
  -0,
  1e16,
  5e-324,
  Number.MAX_VALUE,
  0.1,
  1e-7,
  123456789.125,
] as const;

/** A JSON object whose tokens must come out as they are. */
export const ODD_JSON: string = pythonJson({
  numbers: ODD_NUMBERS.map((token) => new Token(token)),
  "lone surrogate": new Token('"\\ud800"'),
  pair: "😀",
  nul: "\0",
  "10": "integer-like keys",
  "2": "in odd",
  "1": "order",
  "": new Token("[ ]"),
});

const values: Planter = (context) => {
  const { writer, objects } = context;
  const bytes = (...numbers: number[]) => textOf(Uint8Array.from(numbers));
  const documents = [
    plant(context, "values", "NUL", {
      title: "NUL",
      content: textOf("before\0after"),
      row: { title: textOf("N\0UL") },
    }),
    plant(context, "values", "invalid UTF-8", {
      title: "invalid UTF-8",
      // A stray byte, a cut character, an encoded surrogate.
      content: bytes(0x61, 0xff, 0x62, 0xe2, 0x82, 0x20, 0xed, 0xa0, 0x80),
    }),
    plant(context, "values", "microseconds", {
      title: "microseconds",
      row: { added: "2024-02-29 23:59:59.000001", modified: "2024-03-01 00:00:00.999999" },
    }),
    plant(context, "values", "whole seconds", {
      title: "whole seconds",
      row: { added: "2024-02-29 23:59:59", modified: "1969-12-31 23:59:59.5" },
    }),
    plant(context, "values", "first year", {
      title: "first year",
      created: "0001-01-01",
      row: { added: "0999-12-31 23:59:59.000010" },
    }),
    plant(context, "values", "last year", { title: "last year", created: "9999-12-31" }),
    plant(context, "values", "largest serial number", {
      title: "largest serial number",
      row: { archive_serial_number: 4294967295 },
    }),
    plant(context, "values", "no stored name", { title: "no stored name", filename: null }),
  ];
  for (const [index, value] of ODD_FLOATS.entries()) {
    const document = documents[index]!.id;
    writer.insert("documents.customfieldinstance", {
      document_id: document,
      field_id: objects.fields.float!,
      value_float: value,
    });
  }
  const [first, second, third] = documents.map((document) => document.id);
  writer.insert("documents.customfieldinstance", {
    document_id: first!,
    field_id: objects.fields.integer!,
    value_int: 9007199254740993n,
  });
  writer.insert("documents.customfieldinstance", {
    document_id: second!,
    field_id: objects.fields.monetary!,
    value_monetary: "not money",
  });
  writer.insert("documents.customfieldinstance", {
    document_id: third!,
    field_id: objects.fields.monetary!,
    value_monetary: "EUR99999999999999.99",
  });
  writer.insert("documents.note", {
    document_id: first!,
    user_id: objects.users.anna,
    note: bytes(0x6e, 0x6f, 0x74, 0x65, 0x00, 0xfe),
  });
  writer.insert("documents.uisettings", { user_id: objects.users.bert, settings: ODD_JSON });
  writer.insert("auditlog.logentry", {
    content_type_id: writer.contentType("documents.document"),
    object_pk: "9223372036854775807",
    object_id: 9223372036854775807n,
    object_repr: textOf("a\0b"),
    action: 1,
    timestamp: "2024-02-29 23:59:59.999999",
    changes: ODD_JSON,
  });
  return documents;
};

/** Stored names that lead out, by label; no file of ours is written for them. */
export const HOSTILE_FILENAMES: Readonly<Record<string, string>> = {
  "name climbs out": "../../../../../../../etc/passwd",
  "name is absolute": "/etc/passwd",
  "link to a file outside": "hostile/passwd.pdf",
  "below a link to a folder outside": "hostile/etc/passwd",
  "link that leads nowhere": "hostile/nowhere.pdf",
  "link to itself": "hostile/loop.pdf",
};

const hostilePaths: Planter = (context) => {
  const originals = `${context.mediaRoot}/documents/originals`;
  Deno.mkdirSync(`${originals}/hostile`, { recursive: true });
  Deno.symlinkSync("/etc/passwd", `${originals}/hostile/passwd.pdf`);
  Deno.symlinkSync("/etc", `${originals}/hostile/etc`);
  Deno.symlinkSync("/nowhere/at/all", `${originals}/hostile/nowhere.pdf`);
  Deno.symlinkSync("loop.pdf", `${originals}/hostile/loop.pdf`);
  const documents = Object.entries(HOSTILE_FILENAMES).map(([label, filename]) =>
    plant(context, "hostilePaths", label, {
      title: label,
      filename,
      without: ["original"],
      archive: false,
    })
  );
  const thumbnail = plant(context, "hostilePaths", "thumbnail is a link outside", {
    title: "thumbnail is a link outside",
    without: ["thumbnail"],
  });
  Deno.symlinkSync("/etc/hostname", thumbnail.thumbnailPath);
  const archive = plant(context, "hostilePaths", "archive is a link outside", {
    title: "archive is a link outside",
    archive: true,
    without: ["archive"],
  });
  Deno.symlinkSync("/etc/hostname", archive.archivePath!);
  // Links that stay inside are an owner's good right.
  const inside = plant(context, "hostilePaths", "link inside", {
    title: "link inside",
    filename: "hostile/inside.pdf",
    without: ["original"],
  });
  const target = tinyPdf({ pages: [["hostilePaths", "link inside"]] });
  writeMedia(`${originals}/hostile/target of a link.pdf`, target, inside.id);
  Deno.symlinkSync("target of a link.pdf", inside.originalPath);
  return [...documents, thumbnail, archive, inside];
};

const damage: Planter = (context) => {
  const without = (name: "original" | "archive" | "thumbnail") =>
    plant(context, "damage", `missing ${name}`, {
      title: `missing ${name}`,
      archive: true,
      without: [name],
    });
  const documents = [without("original"), without("archive"), without("thumbnail")];

  const rotten = plant(context, "damage", "rotten original", { title: "rotten original" });
  const bytes = Deno.readFileSync(rotten.originalPath);
  bytes[bytes.length >> 1]! ^= 1;
  writeMedia(rotten.originalPath, bytes, rotten.id);
  documents.push(rotten);

  const cut = plant(context, "damage", "cut archive", { title: "cut archive", archive: true });
  writeMedia(cut.archivePath!, Deno.readFileSync(cut.archivePath!).slice(0, 100), cut.id);
  documents.push(cut);

  documents.push(plant(context, "damage", "empty text", { title: "empty text", content: "" }));
  documents.push(plant(context, "damage", "archive without checksum", {
    title: "archive without checksum",
    archive: true,
    row: { archive_checksum: null },
  }));
  if (context.writer.generation === "v3") {
    // What the upgrade to v3 leaves where it found no file.
    documents.push(plant(context, "damage", "checksum of v2", {
      title: "checksum of v2",
      without: ["original"],
      row: { checksum: "d41d8cd98f00b204e9800998ecf8427e" },
    }));
  }
  writeMedia(`${context.mediaRoot}/documents/originals/stranger.pdf`, bytes, 1);
  writeMedia(`${context.mediaRoot}/stranger in the root.txt`, bytes, 2);
  return documents;
};

/** How each case is planted. */
export const PLANTERS: Readonly<Record<SpecialCase, Planter>> = {
  sharedNames,
  hostileTitles,
  longNames,
  values,
  hostilePaths,
  damage,
};
