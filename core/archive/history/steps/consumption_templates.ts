// Consumption templates (2.0 to 2.2) became workflows: each one trigger at the start of consumption and one
// action.

import type { RawJson, RawRecord } from "../../manifest/raw_record.ts";
import type { SetStep } from "../step.ts";
import { makeRecord } from "../edited_record.ts";
import { keysAfter } from "../_keys.ts";

const TEMPLATE = "documents.consumptiontemplate";
const TRIGGER = "documents.workflowtrigger";
const ACTION = "documents.workflowaction";
const WORKFLOW = "documents.workflow";

/** Fields that go from a template to the trigger, with what they are where the template lacks them. */
const TRIGGER_FIELDS: Readonly<Record<string, RawJson>> = {
  sources: '"1,2,3"',
  filter_path: "null",
  filter_filename: "null",
  filter_mailrule: "null",
};

/** Likewise to the action. */
const ACTION_FIELDS: Readonly<Record<string, RawJson>> = {
  assign_title: "null",
  assign_document_type: "null",
  assign_correspondent: "null",
  assign_storage_path: "null",
  assign_owner: "null",
  assign_tags: "[]",
  assign_view_users: "[]",
  assign_view_groups: "[]",
  assign_change_users: "[]",
  assign_change_groups: "[]",
  assign_custom_fields: "[]",
};

/** One trigger, action and workflow for each template; fields that came later are added by later steps. */
export const consumptionTemplates: SetStep = {
  since: "2.3.0",
  migration: "documents.1044",
  models: [TEMPLATE, TRIGGER, ACTION, WORKFLOW],
  reshape(few) {
    const templates = few.get(TEMPLATE);
    if (!templates) return undefined;
    const triggers = [...few.get(TRIGGER) ?? []];
    const actions = [...few.get(ACTION) ?? []];
    const workflows = [...few.get(WORKFLOW) ?? []];
    const nextTrigger = keysAfter(triggers);
    const nextAction = keysAfter(actions);
    const nextWorkflow = keysAfter(workflows);
    for (const template of templates) {
      const trigger = nextTrigger();
      const action = nextAction();
      triggers.push(makeRecord(TRIGGER, trigger, {
        type: "1",
        ...taken(template, TRIGGER_FIELDS),
        match: '""',
        matching_algorithm: "0",
        is_insensitive: "true",
        filter_has_document_type: "null",
        filter_has_correspondent: "null",
        filter_has_tags: "[]",
      }));
      actions.push(makeRecord(ACTION, action, { type: "1", ...taken(template, ACTION_FIELDS) }));
      workflows.push(makeRecord(WORKFLOW, nextWorkflow(), {
        ...taken(template, { name: '""', order: "0" }),
        enabled: "true",
        triggers: `[${trigger}]`,
        actions: `[${action}]`,
      }));
    }
    return {
      records: new Map([
        [TEMPLATE, []],
        [TRIGGER, triggers],
        [ACTION, actions],
        [WORKFLOW, workflows],
      ]),
    };
  },
};

function taken(
  { fields }: RawRecord,
  names: Readonly<Record<string, RawJson>>,
): Record<string, RawJson> {
  return Object.fromEntries(
    Object.entries(names).map(([name, missing]) => [name, fields.get(name) ?? missing]),
  );
}
