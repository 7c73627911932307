// The model of Django's `contenttypes`: a number for each model, to which permissions point.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, id } from "./field.ts";
import { model } from "./model.ts";

/** `django_content_type` */
export const contentType = model("contenttypes.contenttype", {
  table: "django_content_type",
  fields: [
    id,
    char("app_label", 100),
    char("model", 100),
  ],
});
