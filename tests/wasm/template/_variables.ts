// The variables that the recorded templates see: the same as in record_vectors.py.

import {
  encodeVariables,
  PLACEHOLDER,
  TemplateDate,
  TemplateFloat,
  TemplateMoment,
  TemplateObject,
  type TemplateValue,
} from "../../../wasm/template/template_engine.ts";

function map(values: Readonly<Record<string, TemplateValue>>): ReadonlyMap<string, TemplateValue> {
  return new Map(Object.entries(values));
}

function field(type: string, value: TemplateValue): TemplateValue {
  return map({ type, value });
}

/** Encoded once: no template can change what another one sees. */
export const VARIABLES: string = encodeVariables(map({
  title: "Straße nach Köln: 3. Teil",
  correspondent: PLACEHOLDER,
  document_type: "Rechnung",
  asn: PLACEHOLDER,
  created: "2023-10-06",
  created_year: "2023",
  tag_list: "alpha,Beta,gamma",
  tag_name_list: ["alpha", "Beta", "gamma", "beta"],
  number: 42n,
  negative: -7n,
  big: 123456789012345678901234567890n,
  ratio: new TemplateFloat(3.14159),
  half: new TemplateFloat(2.5),
  yes: true,
  nothing: null,
  empty: "",
  mixed: `John's "@" Office / Workplace & <b>Söhne</b>`,
  matrix: [[1n, 2n], [3n, 4n], [5n, 6n]],
  people: [
    map({ name: "Zoë", age: 30n, town: "Bonn" }),
    map({ name: "adam", age: 25n, town: "Köln" }),
    map({ name: "Bob", age: 30n, town: "bonn" }),
  ],
  tree: [map({
    n: "a",
    kids: [
      map({ n: "b", kids: [] }),
      map({ n: "c", kids: [map({ n: "d", kids: [] })] }),
    ],
  })],
  custom_fields: map({
    Invoice: field("integer", 1234n),
    Place: field("string", "Brussels @ Belgium!"),
    Rate: field("float", new TemplateFloat(1)),
    Paid: field("boolean", false),
    Unset: field("string", null),
    Due: field("date", new TemplateDate("2024-02-29")),
    Links: field("documentlink", [3n, 1n, 2n]),
  }),
  document: map({
    id: 7n,
    title: "Does Matter",
    created: new TemplateDate("2023-10-06"),
    added: new TemplateMoment("2024-01-31 23:30:05.000153"),
    modified: new TemplateMoment("2024-12-30 08:05:00"),
    archive_serial_number: 25n,
    page_count: null,
    owner: map({ username: "rolf", id: 3n }),
    tags: [map({ name: "alpha", id: 4n }), map({ name: "beta", id: 2n })],
    correspondent: null,
    document_type: new TemplateObject("Rechnung", map({ id: 5n, name: "Rechnung", path: null })),
    storage_path: new TemplateObject(
      "Archiv",
      map({ id: 9n, name: "Archiv", path: "{{ title }}" }),
    ),
    early: new TemplateDate("0232-01-09"),
  }),
}));
