// The models of allauth's `socialaccount`: logins through other services.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, foreignKey, id, json, text } from "./field.ts";
import { model } from "./model.ts";

/** `socialaccount_socialaccount` */
export const socialAccount = model("socialaccount.socialaccount", {
  table: "socialaccount_socialaccount",
  fields: [
    id,
    foreignKey("user", "auth.user", "cascade"),
    char("provider", 200),
    char("uid", 191),
    datetime("last_login", { default: "savedNow" }),
    datetime("date_joined", { default: "now" }),
    json("extra_data", { default: { value: {} } }),
  ],
});

/** `socialaccount_socialapp` */
export const socialApp = model("socialaccount.socialapp", {
  table: "socialaccount_socialapp",
  fields: [
    id,
    char("provider", 30),
    char("provider_id", 200),
    char("name", 40),
    char("client_id", 191),
    char("secret", 191),
    char("key", 191),
    json("settings", { default: { value: {} } }),
  ],
});

/** `socialaccount_socialtoken` */
export const socialToken = model("socialaccount.socialtoken", {
  table: "socialaccount_socialtoken",
  fields: [
    id,
    foreignKey("app", "socialaccount.socialapp", "setNull", { null: true }),
    foreignKey("account", "socialaccount.socialaccount", "cascade"),
    text("token"),
    text("token_secret"),
    datetime("expires_at", { null: true }),
  ],
});
