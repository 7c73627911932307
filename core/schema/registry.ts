// The list of all models, in the order in which their apps are installed. Every table of a database is here
// or in tables_left_out.ts; a test proves it.

import * as account from "./account.ts";
import * as admin from "./admin.ts";
import * as auditlog from "./auditlog.ts";
import * as auth from "./auth.ts";
import * as authtoken from "./authtoken.ts";
import * as celery_results from "./celery_results.ts";
import * as contenttypes from "./contenttypes.ts";
import * as documents from "./documents.ts";
import * as guardian from "./guardian.ts";
import * as mfa from "./mfa.ts";
import * as migrations from "./migrations.ts";
import * as paperless from "./paperless.ts";
import * as paperless_mail from "./paperless_mail.ts";
import * as sessions from "./sessions.ts";
import * as socialaccount from "./socialaccount.ts";
import { existsIn, GENERATION_VERSION } from "./model.ts";
import type { Generation, Model } from "./model.ts";

/** Every model of both generations. */
export const MODELS = [
  account.emailAddress,
  account.emailConfirmation,
  auditlog.logEntry,
  auth.group,
  auth.permission,
  auth.user,
  authtoken.token,
  admin.adminLogEntry,
  celery_results.chordCounter,
  celery_results.groupResult,
  celery_results.taskResult,
  contenttypes.contentType,
  migrations.migration,
  sessions.session,
  documents.correspondent,
  documents.customField,
  documents.customFieldInstance,
  documents.document,
  documents.documentType,
  documents.note,
  documents.paperlessTask,
  documents.savedView,
  documents.savedViewFilterRule,
  documents.shareLink,
  documents.storagePath,
  documents.tag,
  documents.uiSettings,
  documents.workflow,
  documents.workflowAction,
  documents.workflowActionEmail,
  documents.workflowActionWebhook,
  documents.workflowRun,
  documents.workflowTrigger,
  documents.shareLinkBundle,
  guardian.groupObjectPermission,
  guardian.userObjectPermission,
  mfa.authenticator,
  paperless.applicationConfiguration,
  paperless_mail.mailAccount,
  paperless_mail.mailRule,
  paperless_mail.processedMail,
  socialaccount.socialAccount,
  socialaccount.socialApp,
  socialaccount.socialToken,
] as const;

const BY_LABEL: ReadonlyMap<string, Model> = new Map(MODELS.map((model) => [model.label, model]));

/** A model by its label. @param label `documents.document` @throws {Error} if there is none: a defect */
export function modelNamed(label: string): Model {
  const found = BY_LABEL.get(label);
  if (!found) throw new Error(`No model ${label} in the registry`);
  return found;
}

/** A model by its label, or undefined: for labels that come from outside. */
export function findModel(label: string): Model | undefined {
  return BY_LABEL.get(label);
}

/** The models that exist in a generation. */
export function modelsOf(generation: Generation): readonly Model[] {
  return MODELS.filter((model: Model) => existsIn(model, GENERATION_VERSION[generation]));
}
