// The model of Django's `sessions`. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, text } from "./field.ts";
import { model } from "./model.ts";

/** `django_session` */
export const session = model("sessions.session", {
  table: "django_session",
  fields: [
    char("session_key", 40, { unique: true }),
    text("session_data"),
    datetime("expire_date", { index: true }),
  ],
});
