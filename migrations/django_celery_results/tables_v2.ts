// The tables of the app `django_celery_results` as the migrations of 2.20.15 leave them, where 3.0.5 has others.

import { auto, char, datetime, positiveInteger, table, text } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables of 2.20.15. */
export const tablesV2: readonly Table[] = [
  table("django_celery_results_chordcounter", {
    id: auto(),
    sub_tasks: text(),
    count: positiveInteger(),
    group_id: char(255, { unique: true }),
  }),
  table("django_celery_results_groupresult", {
    id: auto(),
    group_id: char(255, { unique: true }),
    date_created: datetime(),
    date_done: datetime(),
    content_type: char(128),
    content_encoding: char(64),
    result: text({ null: true }),
  }, {
    indexes: [
      { columns: ["date_created"] },
      { columns: ["date_done"] },
    ],
  }),
  table("django_celery_results_taskresult", {
    id: auto(),
    task_id: char(255, { unique: true }),
    status: char(50),
    content_type: char(128),
    content_encoding: char(64),
    result: text({ null: true }),
    date_done: datetime(),
    traceback: text({ null: true }),
    meta: text({ null: true }),
    task_args: text({ null: true }),
    task_kwargs: text({ null: true }),
    task_name: char(255, { null: true }),
    date_created: datetime(),
    worker: char(100, { null: true }),
    periodic_task_name: char(255, { null: true }),
    date_started: datetime({ null: true }),
  }, {
    indexes: [
      { columns: ["date_created"] },
      { columns: ["date_done"] },
      { name: "django_cele_periodi_1993cf_idx", columns: ["periodic_task_name"] },
      { columns: ["status"] },
      { columns: ["task_name"] },
      { columns: ["worker"] },
    ],
  }),
];
