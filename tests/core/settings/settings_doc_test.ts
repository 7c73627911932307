import { ok, strictEqual } from "node:assert/strict";
import { GLOBAL_FLAGS } from "../../../core/flags/global_flags.ts";
import { settingsDoc } from "../../../core/settings/settings_doc.ts";
import { VARIABLES } from "../../../core/settings/variables.ts";

/** Without what the formatter changes: widths of columns, breaks of lines. */
function plain(text: string): string {
  return text.replace(/-{3,}/g, "---").replace(/\s+/g, " ");
}

Deno.test("docs/settings.md is what the table says (else: run tools/write_settings_doc.ts)", () => {
  const doc = Deno.readTextFileSync(new URL("../../../docs/settings.md", import.meta.url));
  strictEqual(plain(doc), plain(settingsDoc()));
});

Deno.test("every variable stands in the docs once, and every flag named there exists", () => {
  const names = VARIABLES.map(({ name }) => name);
  strictEqual(new Set(names).size, names.length);
  for (const variable of VARIABLES) {
    ok(settingsDoc().includes(`| \`${variable.name}\` |`), variable.name);
    if (!("flag" in variable)) continue;
    ok(GLOBAL_FLAGS.some(({ long }) => `--${long}` === variable.flag), variable.flag);
  }
});
