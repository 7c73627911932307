// Names from formats: every rule of 2.20.15 and 3.0.5 that is not the template language's own.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { composeName } from "../../../../core/library/filename/compose_name.ts";
import { extensionForMimeType } from "../../../../core/library/filename/extension_for_mime_type.ts";
import { templateNeedsContent } from "../../../../core/library/filename/filename_context.ts";
import type {
  FilenameCustomField,
  FilenameDocument,
} from "../../../../core/library/filename/filename_document.ts";
import {
  type FilenameGeneratorOptions,
  openFilenameGenerator,
  type RenderedName,
} from "../../../../core/library/filename/generate_filename.ts";
import { documentWith } from "./_document.ts";

async function render(
  documents: readonly Partial<FilenameDocument>[],
  options: Partial<FilenameGeneratorOptions> = {},
): Promise<readonly RenderedName[]> {
  const generator = openFilenameGenerator({
    generation: "v2",
    removeNone: false,
    timeZone: "UTC",
    ...options,
  });
  try {
    return await generator.render(documents.map(documentWith));
  } finally {
    generator.close();
  }
}

interface Vector {
  readonly format?: string;
  readonly storagePath?: string;
  readonly document?: Partial<FilenameDocument>;
  readonly options?: Partial<FilenameGeneratorOptions>;
  readonly name: string;
}

const TAGS = [{ id: 1, name: "tag1" }, { id: 2, name: "tag2" }];
const MANY_LINES = `
  somepath/
  {% if document.checksum == '2' %}
    some where/{{created}}
  {% else %}
    {{added}}
  {% endif %}
  /{{ title }}
`;
const RANGES = `
  somepath/
  {% if document.archive_serial_number >= 0 and document.archive_serial_number <= 200 %}
    asn-000-200/{{title}}
  {% elif document.archive_serial_number >= 201 and document.archive_serial_number <= 400 %}
    asn-201-400
    {% if document.archive_serial_number >= 201 and document.archive_serial_number < 300 %}
      /asn-2xx
    {% elif document.archive_serial_number >= 300 and document.archive_serial_number < 400 %}
      /asn-3xx
    {% endif %}
  {% endif %}
  /{{ title }}
`;

function field(
  name: string,
  dataType: string,
  value: FilenameCustomField["value"],
): FilenameCustomField {
  return { name, dataType, value };
}

const CHOICE: FilenameCustomField = {
  name: "Select: Field",
  dataType: "select",
  value: "abc=123",
  options: [{ id: "abc=123", label: "Choice/One" }, { id: "def-456", label: "ChoiceTwo" }],
};
const FIELDS: readonly FilenameCustomField[] = [
  field("Invoice", "integer", 1234n),
  field("Text", "string", "a/b: c"),
  field("Link", "url", "https://x.y/z"),
  field("Notes", "longtext", "one\ntwo"),
  field("Price", "monetary", "EUR99.90"),
  field("Rate", "float", 1),
  field("Paid", "boolean", true),
  field("Due", "date", "2024-10-01"),
  field("Linked", "documentlink", [3, 1]),
  field("Nothing", "string", null),
  CHOICE,
];

const VECTORS: Readonly<Record<string, Vector>> = {
  "no format": { name: "0000001.pdf" },
  "an empty format": { format: "", name: "0000001.pdf" },
  "a format with a syntax error": { format: "{{ title }", name: "0000001.pdf" },
  "a format with an unknown variable": { format: "{{ title }}/{{ nosuch }}", name: "0000001.pdf" },
  "a format that prints nothing": { format: "{# nothing #} {{ '' }}", name: "0000001.pdf" },
  "empty braces": { format: "{}/{title}", name: "0000001.pdf" },
  "an unset correspondent": { format: "{correspondent}/{correspondent}", name: "none/none.pdf" },
  "a correspondent": {
    format: "{correspondent}/{correspondent}",
    document: { correspondent: { id: 1, name: "test" } },
    name: "test/test.pdf",
  },
  "an unset type": {
    format: "{document_type} - {title}",
    document: { title: "the_doc" },
    name: "none - the_doc.pdf",
  },
  "tags sorted": {
    format: "{title} {tag_list}",
    document: { title: "doc1", tags: [...TAGS].reverse() },
    name: "doc1 tag1,tag2.pdf",
  },
  "tags sorted by code point": {
    format: "{tag_list}",
    document: { tags: ["😀", "ﬀ", "b", "B"].map((name, id) => ({ id, name })) },
    name: "B,b,ﬀ,😀.pdf",
  },
  "no tags": { format: "{title} {tag_list}", document: { title: "doc2" }, name: "doc2.pdf" },
  "tag names in the database's order, as they are": {
    format: "{{ tag_name_list | join('+') }}",
    document: { tags: [{ id: 1, name: "b:c" }, { id: 2, name: "a" }] },
    name: "b:c+a.pdf",
  },
  "a leading slash": {
    format: "//etc/something/{title}",
    document: { title: "doc1" },
    name: "etc/something/doc1.pdf",
  },
  "a way out": { format: "../{title}", document: { title: "doc1" }, name: "0000001.pdf" },
  "a year below 1000": {
    format: "{added_year}-{added_month}-{added_day}",
    document: { added: "0232-01-09 10:00:00" },
    name: "232-01-09.pdf",
  },
  "the parts of a date": {
    format: "{created_year}|{created_year_short}|{created_month}|{created_month_name}|" +
      "{created_month_name_short}|{created_day}|{created}",
    document: { created: "2021-03-09" },
    name: "2021|21|03|March|Mar|09|2021-03-09.pdf",
  },
  "the added date of the library's zone": {
    format: "{added} {{ document.added.isoformat() }}",
    document: { added: "2023-12-31 23:30:00" },
    options: { timeZone: "Europe/Berlin" },
    name: "2024-01-01 2023-12-31T23:30:00+00:00.pdf",
  },
  "the original name": {
    format: "{original_name}",
    document: { originalFilename: "logs.txt", mimeType: "text/plain" },
    name: "logs.txt",
  },
  "an original name with folders and dots": {
    format: "{original_name}",
    document: { originalFilename: "a/b.c.tar.gz" },
    name: "b.c.tar.pdf",
  },
  "an original name without a stem": {
    format: "{original_name}",
    document: { originalFilename: ".hidden" },
    name: ".hidden.pdf",
  },
  "no original name": { format: "{original_name}", name: "none.pdf" },
  "an ASN of 0 is none": {
    format: "{asn}",
    document: { archiveSerialNumber: 0 },
    name: "none.pdf",
  },
  "owner and number": {
    format: "{{ owner_username }}/{{ doc_pk }}/{{ document.owner.id }}",
    document: { pk: 42, owner: { id: 3, username: "r:b" } },
    name: "r:b/0000042/3.pdf",
  },
  "placeholders removed": {
    storagePath: "TestFolder/{{asn}}/{{created}}",
    options: { removeNone: true },
    name: "TestFolder/2020-06-25.pdf",
  },
  "leading and trailing placeholders removed": {
    format: "{{ owner_username }}/{{ created_year }}/{{ correspondent }}/{{ title }}",
    document: { title: "does not matter" },
    options: { removeNone: true },
    name: "2020/does not matter.pdf",
  },
  "a placeholder in a folder's name removed": {
    format: "XX{correspondent}/{title}",
    document: { title: "doc1" },
    options: { removeNone: true },
    name: "XX/doc1.pdf",
  },
  "nothing but placeholders removed": {
    format: "{correspondent}/{asn}",
    options: { removeNone: true },
    name: "0000001.pdf",
  },
  "a template of many lines": {
    storagePath: MANY_LINES,
    document: { title: "Does Matter", checksum: "2" },
    name: "somepath/some where/2020-06-25/Does Matter.pdf",
  },
  "its other branch": {
    storagePath: MANY_LINES,
    document: { title: "Does Matter", checksum: "5" },
    name: "somepath/2024-10-01/Does Matter.pdf",
  },
  "arithmetic": {
    storagePath: "{{ document.title|lower }}{{ document.archive_serial_number - 2 }}",
    document: { title: "Does Matter", archiveSerialNumber: 25 },
    name: "does matter23.pdf",
  },
  "ranges of numbers": {
    storagePath: RANGES,
    document: { title: "Does Matter", archiveSerialNumber: 301 },
    name: "somepath/asn-201-400/asn-3xx/Does Matter.pdf",
  },
  "the first range": {
    storagePath: RANGES,
    document: { title: "Does Matter", archiveSerialNumber: 25 },
    name: "somepath/asn-000-200/Does Matter/Does Matter.pdf",
  },
  "a comparison with an unset number fails": {
    storagePath: RANGES,
    document: { title: "Does Matter" },
    name: "0000001.pdf",
  },
  "slugs": {
    format: "{{ correspondent | slugify }}/{{ title | slugify }}",
    document: {
      correspondent: { id: 1, name: "John's @ Office / Workplace" },
      title: "Some Title! With @ Special # Characters",
    },
    name: "johns-office-workplace/some-title-with-special-characters.pdf",
  },
  "a month in Spanish": {
    format: "{{title}}_{{ document.created | localize_date('MMMM', 'es_ES')}}",
    document: { title: "My Document", created: "2023-10-26" },
    name: "My Document_octubre.pdf",
  },
  "slashes of a date become folders": {
    format: "{{title}}_{{ document.created | localize_date('dd/MM/yyyy', 'en_GB')}}",
    document: { title: "My Document", created: "2023-10-26" },
    name: "My Document_26/10/2023.pdf",
  },
  "a storage path wins over the format and has no old placeholders": {
    format: "{{ created }}",
    storagePath: "{title}",
    document: { title: "x" },
    name: "{title}.pdf",
  },
  "an empty storage path is a template too": {
    format: "{{ created }}",
    storagePath: "",
    name: "0000001.pdf",
  },
  "objects print as their names": {
    storagePath:
      "{{ document.storage_path|lower }} / {{ document.correspondent|lower|replace('mi:', 'mieter/') }} / " +
      "{{ document_type|lower }} / {{ document.correspondent.id }}{{ document.storage_path.path|length }}",
    document: {
      correspondent: { id: 4, name: "mi:kochkach" },
      documentType: { id: 5, name: "Mietvertrag" },
    },
    name: "path/mieter/kochkach/mietvertrag/4197.pdf",
  },
  "sanitised names": {
    format: "{title}",
    document: { title: "my\\invalid/../title:yay" },
    name: "my-invalid-..-title-yay.pdf",
  },
  "raw values below document": {
    format: "{{ document.title }}|{{ document.content|length }}|{{ document.mime_type }}",
    document: { title: "a/b", content: "text" },
    name: "a/b|4|application/pdf.pdf",
  },
  "custom fields": {
    format:
      "{% for name, field in custom_fields.items() %}{{ name }}={{ field.type }}:{{ field.value }};{% endfor %}",
    document: { customFields: FIELDS },
    name: "Invoice=integer:1234;Text=string:a-b- c;Link=url:https---x.y-z;Notes=longtext:one-two;" +
      "Price=monetary:EUR99.90;Rate=float:1.0;Paid=boolean:True;Due=date:2024-10-01;" +
      "Linked=documentlink:[3, 1];Nothing=string:None;Select- Field=select:Choice-One;.pdf",
  },
  "a date of a custom field": {
    format: "{{ custom_fields | get_cf_value('Due') | datetime('%Y/%m') }}/{{ title }}",
    document: { customFields: FIELDS, title: "x" },
    name: "2024/10/x.pdf",
  },
  "a missing custom field has its default": {
    format: "invoices/{{ custom_fields | get_cf_value('Ince Number', 0) }}",
    document: { customFields: FIELDS },
    name: "invoices/0.pdf",
  },
  "names that no template engine of JavaScript would like": {
    format:
      "{{ custom_fields | get_cf_value('__proto__') }}{{ custom_fields['constructor'].value }}",
    document: {
      customFields: [field("__proto__", "string", "p"), field("constructor", "string", "c")],
    },
    name: "pc.pdf",
  },
  "v3 composes names": {
    format: "{{ title }}/{{ tag_name_list[0] }}",
    document: { title: "e\u0301", tags: [{ id: 1, name: "o\u0308" }] },
    options: { generation: "v3" },
    name: "é/ö.pdf",
  },
  "v2 does not": {
    format: "{{ title }}/{{ tag_name_list[0] }}",
    document: { title: "e\u0301", tags: [{ id: 1, name: "o\u0308" }] },
    name: "e\u0301/o\u0308.pdf",
  },
};

for (const [what, vector] of Object.entries(VECTORS)) {
  Deno.test(`${what}: ${vector.name}`, async () => {
    const { storagePath, document = {}, format: filenameFormat } = vector;
    const path = storagePath === undefined ? null : { id: 9, name: "Path", path: storagePath };
    const [name] = await render([{ storagePath: path, ...document }], {
      filenameFormat,
      ...vector.options,
    });
    const extension = extensionForMimeType(document.mimeType ?? "application/pdf");
    strictEqual(composeName(name!, { extension }), vector.name);
  });
}

Deno.test("the archive of a text file is named with its own extension", async () => {
  const [name] = await render([{ originalFilename: "logs.txt", mimeType: "text/plain" }], {
    filenameFormat: "{original_name}",
  });
  strictEqual(composeName(name!, { extension: ".txt" }), "logs.txt");
  strictEqual(composeName(name!, { extension: ".pdf" }), "logs.pdf");
});

Deno.test("a removed option of a select field is told, and the name made without it", async () => {
  const [name, next] = await render([
    { customFields: [{ ...CHOICE, value: "gone" }], title: "a" },
    { customFields: [{ ...CHOICE, value: "gone" }], title: "b" },
  ], {
    filenameFormat: "{{ custom_fields | get_cf_value('Select- Field', 'unset') }}/{{ title }}",
  });
  strictEqual(name!.path, "unset/a");
  deepStrictEqual(name!.problems, [{
    kind: "value",
    message: 'the custom field "Select: Field" has an option that no longer exists',
    repeated: false,
  }]);
  strictEqual(next!.problems[0]!.repeated, true);
});

Deno.test("the same problem of a template is told once", async () => {
  const names = await render([{ pk: 1 }, { pk: 2 }, { pk: 3, title: "fine" }], {
    filenameFormat: "{{ nosuch if not title else title }}",
  });
  deepStrictEqual(names.map(({ pk, path }) => [pk, path]), [[1, null], [2, null], [3, "fine"]]);
  deepStrictEqual(names.flatMap(({ problems }) => problems), [
    {
      kind: "template",
      message: "the file name template fails: 'nosuch' is undefined",
      repeated: false,
    },
    {
      kind: "template",
      message: "the file name template fails: 'nosuch' is undefined",
      repeated: true,
    },
  ]);
});

Deno.test("a hostile storage path costs its own documents their names, and soon no more time", async () => {
  const hostile = {
    id: 1,
    name: "x",
    path: "{% for a in range(99999) %}{{ a|string * 9 }}{% endfor %}",
  };
  const names = await render(
    Array.from({ length: 60 }, (_, at) => ({
      pk: at,
      title: `t${at}`,
      storagePath: at % 2 === 0 ? hostile : null,
    })),
    { filenameFormat: "{{ title }}" },
  );
  for (const [at, name] of names.entries()) {
    strictEqual(name.path, at % 2 === 0 ? null : `t${at}`);
    if (at % 2 === 0) strictEqual(name.problems[0]!.kind, "limit");
  }
});

Deno.test("names come in the order of the documents, however many there are", async () => {
  const documents = Array.from({ length: 1000 }, (_, at) => ({ pk: at, title: `t${at}` }));
  const names = await render(documents, { filenameFormat: "{{ doc_pk }}-{{ title }}" });
  deepStrictEqual(
    names.map(({ path }) => path),
    documents.map(({ pk, title }) => `${String(pk).padStart(7, "0")}-${title}`),
  );
});

Deno.test("the text of a document is asked for where a template may look at it", () => {
  for (
    const template of [
      "{{ document.content }}",
      "{{ document['con' ~ 'tent'] }}",
      "{{ document }}",
      "{% for k in document.values() %}{% endfor %}",
      "{{ document|attr('x') }}",
      "{% set d = document %}",
      "{{ document . items () }}",
      "{{ document.get('content') }}",
    ]
  ) ok(templateNeedsContent(template), template);
  for (
    const template of [
      "{{ title }}",
      "{{ document.title }}/{{ document_type }}",
      "{{ document.created.year }}",
      "{% if document.tags %}x{% endif %}",
    ]
  ) ok(!templateNeedsContent(template), template);
});
