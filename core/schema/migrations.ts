// Django's own record of applied migrations, from which the generation is told. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, id } from "./field.ts";
import { model } from "./model.ts";

/** `django_migrations` */
export const migration = model("migrations.migration", {
  table: "django_migrations",
  fields: [
    id,
    char("app", 255),
    char("name", 255),
    datetime("applied"),
  ],
});
