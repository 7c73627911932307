// Everything that documents are matched to, owned by or shown in: users, tags, custom fields, workflows,
// mail. At least one row of every model, exported or not, so that no table goes untested.

import { pbkdf2Sync } from "node:crypto";
import type { SampleDocument, SampleObjects } from "./context.ts";
import type { ModelWriter } from "./model_writer.ts";
import { pythonJson } from "./python_json.ts";
import { tagTree } from "./tag_tree.ts";

/** What every user of a sample library logs in with. */
export const SAMPLE_PASSWORD = "paperward";

/** The secrets that an export with a passphrase must not hold in clear text. */
export const SAMPLE_SECRETS = {
  mailPassword: "s3cret pässwörd",
  refreshToken: "refresh-1//0gdfghjk",
  socialToken: "social-token-ya29.a0",
  socialTokenSecret: "social-secret-ü",
} as const;

/** Few rounds: the hash says how many, and a sample needs no more. */
function passwordHash(password: string, salt: string): string {
  const rounds = 1000;
  const key = pbkdf2Sync(password, salt, rounds, 32, "sha256").toString("base64");
  return `pbkdf2_sha256$${rounds}$${salt}$${key}`;
}

/** Writes users, groups and all that documents point to. */
export function writeObjects(writer: ModelWriter): SampleObjects {
  const user = (username: string, more: Record<string, string | boolean>) =>
    writer.insert("auth.user", {
      username,
      password: passwordHash(SAMPLE_PASSWORD, `salt${username}`),
      email: `${username}@example.invalid`,
      ...more,
    });
  const users = {
    admin: user("admin", { is_superuser: true, is_staff: true, last_login: writer.moment() }),
    anna: user("anna", { first_name: "Anna", last_name: "Müller" }),
    bert: user("bert", { is_active: false }),
  };
  const group = writer.insert("auth.group", { name: "Familie & friends" });
  writer.link("auth.user", "groups", users.anna, [group]);
  const view = writer.permission("documents.document", "view_document");
  const change = writer.permission("documents.document", "change_document");
  writer.link("auth.group", "permissions", group, [view, change]);
  writer.link("auth.user", "user_permissions", users.bert, [view]);

  const correspondents = [
    ["Stadtwerke Musterstadt", "stadtwerke", 1],
    ["ACME Rockets Ltd", '"rocket skates"', 3],
    ["Müller & Söhne / Handwerk", "m[üu]ller", 4],
  ].map(([name, match, matching_algorithm], index) =>
    writer.insert("documents.correspondent", {
      name: name!,
      match: match!,
      matching_algorithm: matching_algorithm!,
      owner_id: index === 2 ? users.anna : null,
    })
  );
  const types = ["Invoice", "Contract", "Brief"].map((name) =>
    writer.insert("documents.documenttype", { name, match: name.toLowerCase() })
  );
  const storagePath = writer.insert("documents.storagepath", {
    name: "By year",
    path: "{{ created_year }}/{{ correspondent }}/{{ title }}",
    matching_algorithm: 0,
  });

  const nodes = [
    { id: 1, name: "Inbox", parent: null },
    { id: 2, name: "finance", parent: null },
    { id: 3, name: "bills", parent: 2 },
    { id: 4, name: "tax", parent: 2 },
    { id: 5, name: "2024", parent: 4 },
  ];
  const tree = tagTree(nodes);
  for (const { id, name, parent } of nodes) {
    writer.insert("documents.tag", {
      id,
      name,
      color: id === 1 ? "#ff0000" : "#a6cee3",
      is_inbox_tag: id === 1,
      tn_parent_id: parent,
      ...tree.get(id),
    });
  }
  return {
    users,
    group,
    correspondents,
    types,
    storagePath,
    tags: { inbox: 1, finance: 2, bills: 3, tax: 4, year: 5 },
    fields: writeCustomFields(writer),
  };
}

function writeCustomFields(writer: ModelWriter): Record<string, number> {
  const extra: Readonly<Record<string, string>> = {
    monetary: pythonJson({ default_currency: "EUR" }),
    select: pythonJson({
      select_options: [
        { id: "aB3dE5fG7hJ9kL1m", label: "open" },
        { id: "nP2qR4sT6uV8wX0y", label: "geklärt" },
      ],
    }),
  };
  const names: Readonly<Record<string, string>> = {
    string: "Invoice number",
    url: "Website",
    date: "Due date",
    boolean: "Paid",
    integer: "Copies",
    float: "VAT rate",
    monetary: "Amount",
    documentlink: "Related",
    select: "Status",
    longtext: "Remarks",
  };
  return Object.fromEntries(
    Object.entries(names).map(([data_type, name]) => [
      data_type,
      writer.insert("documents.customfield", {
        name,
        data_type,
        extra_data: extra[data_type] ?? null,
      }),
    ]),
  );
}

/** Writes what belongs to documents that are there: values, notes, links, permissions, views, mail,
 * workflows, the audit log, and rows that no export holds. */
export function writeAround(
  writer: ModelWriter,
  objects: SampleObjects,
  documents: readonly SampleDocument[],
): void {
  const live = documents.filter((document) => !document.inTrash && !document.isVersion);
  const [first] = live;
  if (!first) return;
  writeValues(writer, objects, first.id, live);
  writeNotes(writer, objects, documents);
  writeSharing(writer, objects, first.id, live);
  writeViews(writer, objects);
  const rule = writeMail(writer, objects);
  writeWorkflows(writer, objects, rule, first.id);
  writeAccounts(writer, objects);
  writeAudit(writer, objects, documents);
  writeNeverExported(writer, objects, rule);
}

function writeValues(
  writer: ModelWriter,
  { fields }: SampleObjects,
  document: number,
  live: readonly SampleDocument[],
): void {
  const others = live.slice(1, 3).map((other) => other.id);
  const values: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
    string: { value_text: "2024-1000" },
    url: { value_url: "https://example.invalid/ä?x=1&y=2" },
    date: { value_date: "2024-02-29" },
    boolean: { value_bool: true },
    integer: { value_int: -3 },
    float: { value_float: 19.000000000000004 },
    monetary: { value_monetary: "EUR1234.50" },
    documentlink: { value_document_ids: pythonJson(others) },
    select: { value_select: "nP2qR4sT6uV8wX0y" },
    longtext: { value_long_text: "line 1\nline 2" },
  };
  for (const [kind, value] of Object.entries(values)) {
    writer.insert("documents.customfieldinstance", {
      document_id: document,
      field_id: fields[kind]!,
      ...value,
    });
  }
  for (const id of others) {
    writer.insert("documents.customfieldinstance", {
      document_id: id,
      field_id: fields.documentlink!,
      value_document_ids: pythonJson([document]),
    });
  }
}

/** The moment and transaction of what lies in the trash. */
export const TRASHED = {
  deleted_at: "2025-02-01 12:00:00.250000",
  transaction_id: "0f8fad5bd9cb469fa16570867728950e",
} as const;

function writeNotes(
  writer: ModelWriter,
  { users, fields }: SampleObjects,
  documents: readonly SampleDocument[],
): void {
  const note = (document: number, text: string, user: number, more = {}) =>
    writer.insert("documents.note", { document_id: document, note: text, user_id: user, ...more });
  const [first] = documents;
  note(first!.id, "First note\nzweite Zeile äöü", users.anna);
  note(first!.id, "Second note", users.admin);
  note(first!.id, "A note in the trash", users.admin, TRASHED);
  for (const { id } of documents.filter((document) => document.inTrash)) {
    note(id, "Goes with its document", users.bert, TRASHED);
    writer.insert("documents.customfieldinstance", {
      document_id: id,
      field_id: fields.integer!,
      value_int: 7,
      ...TRASHED,
    });
  }
}

function writeSharing(
  writer: ModelWriter,
  { users, group }: SampleObjects,
  document: number,
  live: readonly SampleDocument[],
): void {
  const object = {
    content_type_id: writer.contentType("documents.document"),
    object_pk: String(document),
  };
  writer.insert("guardian.userobjectpermission", {
    ...object,
    user_id: users.bert,
    permission_id: writer.permission("documents.document", "view_document"),
  });
  writer.insert("guardian.groupobjectpermission", {
    ...object,
    group_id: group,
    permission_id: writer.permission("documents.document", "change_document"),
  });
  writer.insert("documents.sharelink", {
    document_id: document,
    slug: "sampleShareLinkSlug",
    expiration: "2099-12-31 23:59:59",
    owner_id: users.anna,
  });
  if (writer.generation === "v2") return;
  const bundle = writer.insert("documents.sharelinkbundle", {
    slug: "sampleBundleSlug",
    status: "ready",
    size_bytes: 22,
    file_path: "sampleBundleSlug.zip",
    built_at: writer.moment(),
    owner_id: users.anna,
  });
  writer.link(
    "documents.sharelinkbundle",
    "documents",
    bundle,
    live.slice(0, 2).map(({ id }) => id),
  );
}

function writeViews(writer: ModelWriter, { users, fields, tags }: SampleObjects): void {
  const view = writer.insert("documents.savedview", {
    name: "Inbox of Änne",
    owner_id: users.admin,
    show_on_dashboard: true,
    show_in_sidebar: false,
    sort_field: "created",
    sort_reverse: true,
    page_size: 25,
    display_mode: "table",
    display_fields: pythonJson(["title", "created", "tag", `custom_field_${fields.monetary}`]),
  });
  writer.insert("documents.savedviewfilterrule", {
    saved_view_id: view,
    rule_type: 6,
    value: String(tags.inbox),
  });
  writer.insert("documents.uisettings", {
    user_id: users.admin,
    settings: pythonJson({
      dark_mode: { use_system: true },
      language: "de-de",
      saved_views: { dashboard_views_visible_ids: [view] },
      app_title: "Bücher",
    }),
  });
  writer.database.exec(
    "UPDATE paperless_applicationconfiguration SET app_title = 'Sämple', app_logo = 'logo/sample.png', " +
      `user_args = '{"optimize": 1}', max_image_pixels = 1.5, rotate_pages_threshold = 12.0`,
  );
}

/** @returns the id of the mail rule */
function writeMail(writer: ModelWriter, objects: SampleObjects): number {
  const { users, correspondents, types, tags } = objects;
  const account = writer.insert("paperless_mail.mailaccount", {
    name: "Hausmeister IMAP",
    imap_server: "imap.example.invalid",
    imap_port: 993,
    imap_security: 2,
    username: "user@example.invalid",
    password: SAMPLE_SECRETS.mailPassword,
    owner_id: users.anna,
  });
  writer.insert("paperless_mail.mailaccount", {
    name: "OAuth",
    imap_server: "imap.example.invalid",
    username: "user@example.invalid",
    password: "",
    is_token: true,
    account_type: 2,
    refresh_token: SAMPLE_SECRETS.refreshToken,
    expiration: writer.moment(),
  });
  const rule = writer.insert("paperless_mail.mailrule", {
    name: "Invoices",
    account_id: account,
    filter_from: "billing@",
    action: 2,
    action_parameter: "Processed",
    assign_correspondent_from: 4,
    assign_correspondent_id: correspondents[0]!,
    assign_document_type_id: types[0]!,
    owner_id: users.anna,
  });
  writer.link("paperless_mail.mailrule", "assign_tags", rule, [tags.bills]);
  return rule;
}

function writeWorkflows(
  writer: ModelWriter,
  objects: SampleObjects,
  rule: number,
  document: number,
): void {
  const { users, group, correspondents, types, storagePath, tags, fields } = objects;
  const [first] = correspondents;
  const trigger = writer.insert("documents.workflowtrigger", {
    type: 2,
    sources: "1,2,3",
    filter_filename: "*rechnung*",
    filter_mailrule_id: rule,
    filter_has_correspondent_id: first!,
    filter_has_document_type_id: types[0]!,
    filter_has_storage_path_id: storagePath,
    filter_custom_field_query: '["Paid","exact",true]',
    schedule_date_custom_field_id: fields.date!,
  });
  const triggerLists: Readonly<Record<string, readonly number[]>> = {
    filter_has_tags: [tags.finance],
    filter_has_all_tags: [tags.bills],
    filter_has_not_tags: [tags.inbox],
    filter_has_any_document_types: types.slice(0, 2),
    filter_has_not_document_types: [types[2]!],
    filter_has_any_correspondents: correspondents.slice(0, 2),
    filter_has_not_correspondents: [correspondents[2]!],
    filter_has_any_storage_paths: [storagePath],
    filter_has_not_storage_paths: [storagePath],
  };
  for (const [name, ids] of Object.entries(triggerLists)) {
    writer.link("documents.workflowtrigger", name, trigger, ids);
  }
  const email = writer.insert("documents.workflowactionemail", {
    subject: "Contract {{ doc_title }}",
    body: "See {{ doc_url }}",
    to: "a@example.invalid,b@example.invalid",
    include_document: true,
  });
  const webhook = writer.insert("documents.workflowactionwebhook", {
    url: "http://127.0.0.1:9/hook",
    as_json: true,
    params: pythonJson({ title: "{{ doc_title }}" }),
    headers: pythonJson({ "X-Token": "t" }),
  });
  const action = writer.insert("documents.workflowaction", {
    type: 1,
    assign_title: "Brief {{ original_filename }}",
    assign_correspondent_id: first!,
    assign_document_type_id: types[0]!,
    assign_storage_path_id: storagePath,
    assign_owner_id: users.anna,
    assign_custom_fields_values: pythonJson({ [fields.select!]: "aB3dE5fG7hJ9kL1m" }),
    email_id: email,
    webhook_id: webhook,
    passwords: pythonJson(["geheim"]),
  });
  const actionLists: Readonly<Record<string, readonly number[]>> = {
    assign_tags: [tags.year, tags.bills],
    assign_custom_fields: [fields.select!],
    assign_view_users: [users.bert],
    assign_view_groups: [group],
    assign_change_users: [users.bert],
    assign_change_groups: [group],
    remove_tags: [tags.inbox],
    remove_document_types: [types[1]!],
    remove_correspondents: [correspondents[1]!],
    remove_storage_paths: [storagePath],
    remove_custom_fields: [fields.url!],
    remove_owners: [users.bert],
    remove_view_users: [users.bert],
    remove_view_groups: [group],
    remove_change_users: [users.bert],
    remove_change_groups: [group],
  };
  for (const [name, ids] of Object.entries(actionLists)) {
    writer.link("documents.workflowaction", name, action, ids);
  }
  const workflow = writer.insert("documents.workflow", { name: "Assign Briefe" });
  writer.link("documents.workflow", "triggers", workflow, [trigger]);
  writer.link("documents.workflow", "actions", workflow, [action]);
  writer.insert("documents.workflowrun", { workflow_id: workflow, document_id: document, type: 2 });
}

function writeAccounts(writer: ModelWriter, { users }: SampleObjects): void {
  const account = writer.insert("socialaccount.socialaccount", {
    user_id: users.anna,
    provider: "openid_connect",
    uid: "42",
    extra_data: pythonJson({ sub: "42", name: "Änne" }),
  });
  const app = writer.insert("socialaccount.socialapp", {
    provider: "openid_connect",
    provider_id: "lab",
    name: "Lab OIDC",
    client_id: "client",
    secret: "app-secret",
    settings: "{}",
  });
  writer.insert("socialaccount.socialtoken", {
    account_id: account,
    app_id: app,
    token: SAMPLE_SECRETS.socialToken,
    token_secret: SAMPLE_SECRETS.socialTokenSecret,
    expires_at: writer.moment(),
  });
  writer.insert("mfa.authenticator", {
    user_id: users.anna,
    type: "totp",
    data: pythonJson({ secret: "JBSWY3DPEHPK3PXP" }),
  });
}

function writeAudit(
  writer: ModelWriter,
  { users }: SampleObjects,
  documents: readonly SampleDocument[],
): void {
  const type = writer.contentType("documents.document");
  for (const { id, title, filename } of documents) {
    writer.insert("auditlog.logentry", {
      content_type_id: type,
      object_pk: String(id),
      object_id: id,
      object_repr: title,
      action: 0,
      timestamp: writer.moment(),
      changes: pythonJson({ title: ["None", title], filename: ["None", String(filename)] }),
    });
  }
  writer.insert("auditlog.logentry", {
    content_type_id: type,
    object_pk: String(documents[0]!.id),
    object_id: documents[0]!.id,
    object_repr: documents[0]!.title,
    action: 1,
    timestamp: writer.moment(),
    actor_id: users.admin,
    actor_email: "admin@example.invalid",
    remote_addr: "2001:db8::1",
    remote_port: 54321,
    cid: "7f1b",
    additional_data: pythonJson({ reason: "Web UI" }),
    changes: pythonJson({ tags: { type: "m2m", operation: "add", objects: ["Inbox"] } }),
  });
}

/** Rows that upstream's exporter leaves out. */
function writeNeverExported(writer: ModelWriter, { users }: SampleObjects, rule: number): void {
  writer.insert("authtoken.token", {
    key: "0123456789abcdef0123456789abcdef01234567",
    user_id: users.admin,
    created: writer.moment(),
  });
  writer.insert("sessions.session", {
    session_key: "sample0session0key",
    session_data: ".eJxV",
    expire_date: writer.moment(),
  });
  const address = writer.insert("account.emailaddress", {
    user_id: users.anna,
    email: "anna@example.invalid",
    verified: true,
    primary: true,
  });
  writer.insert("account.emailconfirmation", { email_address_id: address, key: "sample-key" });
  writer.insert("admin.logentry", {
    user_id: users.admin,
    action_time: writer.moment(),
    object_repr: "Inbox",
    action_flag: 1,
    change_message: "[]",
  });
  writer.insert("documents.paperlesstask", {
    task_id: "3d6f0a52-6f0b-4a51-8a53-0f5f7a2c9f10",
    task_type: "consume_file",
    trigger_source: "web_ui",
    task_name: "consume_file",
    task_file_name: "rechnung.pdf",
    date_created: writer.moment(),
  });
  writer.insert("paperless_mail.processedmail", {
    rule_id: rule,
    folder: "INBOX",
    uid: "17",
    subject: "Invoice",
    received: writer.moment(),
    status: "SUCCESS",
  });
  if (writer.generation === "v3") return;
  const encoded = { content_type: "application/json", content_encoding: "utf-8" };
  const dates = { date_created: writer.moment(), date_done: writer.moment() };
  writer.insert("django_celery_results.taskresult", { task_id: "t", ...encoded, ...dates });
  writer.insert("django_celery_results.groupresult", { group_id: "g", ...encoded, ...dates });
  writer.insert("django_celery_results.chordcounter", {
    group_id: "g",
    sub_tasks: "[]",
    count: 0,
  });
}
