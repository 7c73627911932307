// Writes docs/settings.md from the table of variables. Run it after changing the
// table, then `deno fmt docs/settings.md`.

import { settingsDoc } from "../core/settings/settings_doc.ts";

Deno.writeTextFileSync(new URL("../docs/settings.md", import.meta.url), settingsDoc());
