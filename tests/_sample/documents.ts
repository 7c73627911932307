// The ordinary documents of a sample library: what a household files, in two languages and five formats.

import type { SampleContext, SampleDocument } from "./context.ts";
import { TRASHED } from "./objects.ts";
import { type DocumentSpec, writeDocument } from "./write_document.ts";

/** The documents by hand; a larger library repeats them with other titles and dates. */
function templates({ objects }: SampleContext): readonly DocumentSpec[] {
  const { correspondents: [stadtwerke, acme, mueller], types: [invoice, contract, letter] } =
    objects;
  const { tags, users, storagePath } = objects;
  return [
    {
      title: "Stromrechnung Januar",
      kind: "pdf",
      pages: [["Stadtwerke Musterstadt", "Rechnung Nr. 4711", "Betrag: 84,20 EUR"]],
      created: "2024-01-15",
      correspondent: stadtwerke!,
      type: invoice!,
      tags: [tags.inbox, tags.bills],
      owner: users.admin,
      row: { archive_serial_number: 1 },
    },
    {
      title: "Invoice 2024-1000",
      kind: "pdf",
      pages: [["ACME Rockets Ltd", "INVOICE No. 2024-1000", "Rocket skates, one pair"]],
      created: "2024-02-29",
      correspondent: acme!,
      type: invoice!,
      tags: [tags.tax, tags.year],
    },
    {
      title: "Mietvertrag – Wohnung 3 OG",
      kind: "pdf",
      pages: [["Mietvertrag", "zwischen Müller & Söhne und"], ["Unterschriften"]],
      created: "2019-07-01",
      correspondent: mueller!,
      type: contract!,
      owner: users.anna,
    },
    {
      title: "Photo of a receipt",
      kind: "png",
      pages: [["Bäckerei", "2 Brezeln 1,80"]],
      created: "2023-10-29",
      tags: [tags.finance],
    },
    {
      title: "Einkaufszettel",
      kind: "txt",
      pages: [["Milch", "Brot", "Äpfel"]],
      created: "2025-01-02",
    },
    {
      title: "手紙 – письмо – łódź",
      kind: "pdf",
      pages: [["A letter"]],
      content: "手紙\nписьмо\nłódź 😀",
      created: "2020-12-31",
      type: letter!,
    },
    {
      title: "Bank statement 03/2024",
      kind: "pdf",
      pages: [["Statement", "Balance 1,234.50"]],
      created: "2024-03-31",
      storagePath,
      filename: "2024/none/Bank statement 03-2024.pdf",
    },
    {
      title: "Kontakte",
      kind: "csv",
      pages: [["name;telefon", "Änne;0123"]],
      created: "2022-05-05",
    },
    {
      title: "Steuerbescheid 2022",
      kind: "pdf",
      pages: [["Finanzamt Musterstadt", "Bescheid für 2022"]],
      created: "2023-06-30",
      correspondent: stadtwerke!,
      storagePath,
      filename: "2023/Stadtwerke Musterstadt/Steuerbescheid 2022.pdf",
      tags: [tags.tax],
      row: { archive_serial_number: 99 },
    },
    {
      title: "Scan",
      kind: "webp",
      pages: [["a picture of one colour"]],
      created: "2021-08-15",
    },
    {
      title: "Warranty",
      kind: "pdf",
      pages: [["Warranty", "two years"]],
      created: "2018-11-11",
      correspondent: acme!,
      owner: users.bert,
      archive: true,
    },
    {
      title: "Handbuch",
      kind: "pdf",
      pages: [["Seite 1"], ["Seite 2"], ["Seite 3"]],
      created: "2015-04-01",
      type: letter!,
    },
  ];
}

/** Writes so many ordinary documents, one in the trash, and in v3 an earlier version of the first. */
export function writeDocuments(context: SampleContext, count: number): SampleDocument[] {
  const specs = templates(context);
  const documents: SampleDocument[] = [];
  for (let index = 0; index < count; index++) {
    const spec = specs[index % specs.length]!;
    const round = Math.floor(index / specs.length);
    documents.push(writeDocument(context, round === 0 ? spec : repeated(context, spec, round)));
  }
  documents.push(writeDocument(context, {
    title: "Papierkorb",
    kind: "pdf",
    pages: [["thrown away"]],
    created: "2021-05-05",
    row: TRASHED,
  }));
  if (context.writer.generation === "v3") {
    documents.push(writeDocument(context, {
      title: specs[0]!.title,
      kind: "pdf",
      pages: [["Stadtwerke Musterstadt", "first scan, upside down"]],
      created: "2024-01-15",
      filename: "0000001_v1.pdf",
      row: { root_document_id: 1, version_index: 1, version_label: "Zweiter Scan" },
    }));
  }
  return documents;
}

/** A template once more, as another document: no two have the same bytes. */
function repeated({ numbers }: SampleContext, spec: DocumentSpec, round: number): DocumentSpec {
  const { filename: _, row: __, ...rest } = spec;
  const two = (number: number) => String(number).padStart(2, "0");
  return {
    ...rest,
    title: `${spec.title} (${round + 1})`,
    pages: [...spec.pages, [`copy ${round + 1}`, `number ${numbers.below(1e9)}`]],
    created: `${2000 + numbers.below(25)}-${two(1 + numbers.below(12))}-${
      two(1 + numbers.below(28))
    }`,
  };
}
