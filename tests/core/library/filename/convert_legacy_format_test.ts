// Old placeholders become templates; everything else stays.

import { strictEqual } from "node:assert/strict";
import { convertLegacyFormat } from "../../../../core/library/filename/convert_legacy_format.ts";

const VECTORS: readonly (readonly [string, string])[] = [
  ["{title}", "{{ title }}"],
  ["{correspondent}/{created_year} {title}", "{{ correspondent }}/{{ created_year }} {{ title }}"],
  ["{{ title }}", "{{ title }}"],
  ["{{title}}/{asn}", "{{title}}/{{ asn }}"],
  ["{% if title %}{title}{% endif %}", "{% if title %}{{ title }}{% endif %}"],
  ["{a-b}", "{a-b}"],
  ["{ a }", "{ a }"],
  ["{}", "{{  }}"],
  ["{größe}", "{{ größe }}"],
  ["{{a}", "{{a}"],
  ["{a}}", "{a}}"],
  ["{a}{b}", "{{ a }}{{ b }}"],
  ["", ""],
];

for (const [old, template] of VECTORS) {
  Deno.test(`${JSON.stringify(old)} becomes ${JSON.stringify(template)}`, () => {
    strictEqual(convertLegacyFormat(old), template);
  });
}
