// The models of django-celery-results: results of tasks, dropped by 3.0. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, id, positiveInteger, text } from "./field.ts";
import { model } from "./model.ts";

/** `django_celery_results_chordcounter` */
export const chordCounter = model("django_celery_results.chordcounter", {
  table: "django_celery_results_chordcounter",
  until: "3.0",
  fields: [
    id,
    char("group_id", 255, { unique: true }),
    text("sub_tasks"),
    positiveInteger("count"),
  ],
});

/** `django_celery_results_groupresult` */
export const groupResult = model("django_celery_results.groupresult", {
  table: "django_celery_results_groupresult",
  until: "3.0",
  ordering: ["-date_done"],
  fields: [
    id,
    char("group_id", 255, { unique: true }),
    datetime("date_created", { default: "now", index: true }),
    datetime("date_done", { default: "savedNow", index: true }),
    char("content_type", 128),
    char("content_encoding", 64),
    text("result", { null: true }),
  ],
});

/** `django_celery_results_taskresult` */
export const taskResult = model("django_celery_results.taskresult", {
  table: "django_celery_results_taskresult",
  until: "3.0",
  ordering: ["-date_done"],
  fields: [
    id,
    char("task_id", 255, { unique: true }),
    char("periodic_task_name", 255, { null: true, index: true }),
    char("task_name", 255, { null: true, index: true }),
    text("task_args", { null: true }),
    text("task_kwargs", { null: true }),
    char("status", 50, { default: { value: "PENDING" }, index: true }),
    char("worker", 100, { null: true, index: true }),
    char("content_type", 128),
    char("content_encoding", 64),
    text("result", { null: true }),
    datetime("date_created", { default: "now", index: true }),
    datetime("date_started", { null: true }),
    datetime("date_done", { default: "savedNow", index: true }),
    text("traceback", { null: true }),
    text("meta", { null: true }),
  ],
});
