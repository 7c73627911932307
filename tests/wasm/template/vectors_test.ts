// Our engine against what Jinja2 3.1.6 and Babel 2.18 themselves made of the same templates.

import { ok, strictEqual } from "node:assert/strict";
import { renderTemplate } from "../../../wasm/template/template_engine.ts";
import { VARIABLES } from "./_variables.ts";
import vectors from "./vectors.json" with { type: "json" };

/** A template and its text, or null and why Jinja refused it. */
type Vector = readonly [template: string, text: string | null, error?: string | null];

Deno.test("every recorded template gives the recorded text, or fails where Jinja fails", () => {
  const differing: string[] = [];
  for (const [template, text, error] of vectors as unknown as readonly Vector[]) {
    const result = renderTemplate(template, VARIABLES);
    if ("text" in result ? result.text === text : text === null) continue;
    const ours = "text" in result ? result.text : `${result.failure}: ${result.message}`;
    differing.push(`${template}\n  theirs: ${text ?? error}\n  ours:   ${ours}`);
  }
  ok(vectors.length > 400);
  strictEqual(differing.join("\n"), "");
});

Deno.test("what Jinja refuses as unsafe is refused, and told apart from a defect of the template", () => {
  const kinds = [
    "{{ document.update({}) }}",
    "{{ nosuch }}",
    "{% if %}",
    "{{ 1 / 0 }}",
    "{{ 2 ** 999 }}",
  ]
    .map((template) => {
      const result = renderTemplate(template, VARIABLES);
      return "text" in result ? result.text : result.failure;
    });
  strictEqual(kinds.join(), "security,undefined,syntax,runtime,limit");
});

/** Where we differ on purpose: each is named in docs/filename-templates.md. */
const REFUSED = [
  // Jinja prints an address in memory, or draws lots: no file should be named so.
  "{{ title.upper }}",
  "{{ tag_name_list | map('upper') }}",
  "{{ [document.storage_path] }}",
  "{{ tag_name_list | random }}",
  "{{ lipsum(1) }}",
  // HTML and line breaks have no place in a name.
  "{{ title | urlize }}",
  "{{ document | xmlattr }}",
  "{{ document.owner | tojson(2) }}",
  "{% autoescape true %}{{ title }}{% endautoescape %}",
  "{{ '\\N{BULLET}' }}",
  // Depends on the machine.
  "{{ document.created.strftime('%s') }}",
  "{{ document.created.today() }}",
  // CLDR's names of quarters are not in the host's data.
  "{{ document.created | localize_date('QQQQ', 'en') }}",
];

Deno.test("what we do not do is refused, never done wrongly", () => {
  for (const template of REFUSED) {
    ok("failure" in renderTemplate(template, VARIABLES), template);
  }
});
