// The model of allauth's `mfa`: second factors.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, foreignKey, id, json } from "./field.ts";
import { model } from "./model.ts";

/** `mfa_authenticator` */
export const authenticator = model("mfa.authenticator", {
  table: "mfa_authenticator",
  fields: [
    id,
    foreignKey("user", "auth.user", "cascade"),
    char("type", 20),
    json("data"),
    datetime("created_at", { default: "now" }),
    datetime("last_used_at", { null: true }),
  ],
});
