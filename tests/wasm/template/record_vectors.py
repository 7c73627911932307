"""Records what Jinja2 and Babel themselves make of the templates in templates.txt, as vectors.json.

Needs jinja2==3.1.6 and babel==2.18.0. One template a line, written as a JSON text; lines that start with # and
empty lines are left out. The tests compare our engine with what is recorded, so they need no Python.
"""
import json
import logging
import os
import re
import unicodedata
from datetime import date, datetime, timezone

from babel import Locale, dates
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

HERE = os.path.dirname(os.path.abspath(__file__))


class Unset(str):
    """The placeholder: false, equal to "none" too, and (as it defines only equality) no key of a mapping."""

    def __bool__(self):
        return False

    def __eq__(self, other):
        return str(self) == ("-none-" if isinstance(other, str) and str(other) == "none" else other)

    def __ne__(self, other):
        return not self == other


class Thing:
    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __str__(self):
        return self.name


class Environment(SandboxedEnvironment):
    def is_safe_callable(self, obj):
        return getattr(obj, "__name__", "") not in ("save", "delete", "update") and super().is_safe_callable(obj)


def slugify(value, allow_unicode=False):
    value = unicodedata.normalize("NFKC" if allow_unicode else "NFKD", str(value))
    if not allow_unicode:
        value = value.encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", value.lower())).strip("-_")


def localize(value, format, locale):
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    Locale.parse(locale)
    if isinstance(value, datetime):
        return dates.format_datetime(value, format=format, locale=locale)
    if isinstance(value, date):
        return dates.format_date(value, format=format, locale=locale)
    raise TypeError(type(value))


def cf_value(fields, name, default=None):
    found = fields[name]["value"] if name in fields else None
    return default if found is None else found


def as_date(value, format):
    return (date.fromisoformat(value) if isinstance(value, str) else value).strftime(format)


env = Environment(
    trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, extensions=["jinja2.ext.loopcontrols"]
)
env.filters.update(slugify=slugify, localize_date=localize, get_cf_value=cf_value, datetime=as_date)

VARIABLES = {
    "title": "Straße nach Köln: 3. Teil",
    "correspondent": Unset("-none-"),
    "document_type": "Rechnung",
    "asn": Unset("-none-"),
    "created": "2023-10-06",
    "created_year": "2023",
    "tag_list": "alpha,Beta,gamma",
    "tag_name_list": ["alpha", "Beta", "gamma", "beta"],
    "number": 42,
    "negative": -7,
    "big": 123456789012345678901234567890,
    "ratio": 3.14159,
    "half": 2.5,
    "yes": True,
    "nothing": None,
    "empty": "",
    "mixed": "John's \"@\" Office / Workplace & <b>Söhne</b>",
    "matrix": [[1, 2], [3, 4], [5, 6]],
    "people": [
        {"name": "Zoë", "age": 30, "town": "Bonn"},
        {"name": "adam", "age": 25, "town": "Köln"},
        {"name": "Bob", "age": 30, "town": "bonn"},
    ],
    "tree": [{"n": "a", "kids": [{"n": "b", "kids": []}, {"n": "c", "kids": [{"n": "d", "kids": []}]}]}],
    "custom_fields": {
        "Invoice": {"type": "integer", "value": 1234},
        "Place": {"type": "string", "value": "Brussels @ Belgium!"},
        "Rate": {"type": "float", "value": 1.0},
        "Paid": {"type": "boolean", "value": False},
        "Unset": {"type": "string", "value": None},
        "Due": {"type": "date", "value": date(2024, 2, 29)},
        "Links": {"type": "documentlink", "value": [3, 1, 2]},
    },
    "document": {
        "id": 7,
        "title": "Does Matter",
        "created": date(2023, 10, 6),
        "added": datetime(2024, 1, 31, 23, 30, 5, 153, tzinfo=timezone.utc),
        "modified": datetime(2024, 12, 30, 8, 5, 0, 0, tzinfo=timezone.utc),
        "archive_serial_number": 25,
        "page_count": None,
        "owner": {"username": "rolf", "id": 3},
        "tags": [{"name": "alpha", "id": 4}, {"name": "beta", "id": 2}],
        "correspondent": None,
        "document_type": Thing(id=5, name="Rechnung", path=None),
        "storage_path": Thing(id=9, name="Archiv", path="{{ title }}"),
        "early": date(232, 1, 9),
    },
}


def main():
    logging.disable(logging.CRITICAL)
    vectors = []
    with open(os.path.join(HERE, "templates.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                template = json.loads(line)
                try:
                    vectors.append([template, env.from_string(template).render(VARIABLES)])
                except Exception as error:
                    vectors.append([template, None, f"{type(error).__name__}: {error}".split(" at 0x")[0][:100]])
    with open(os.path.join(HERE, "vectors.json"), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(v, ensure_ascii=True) for v in vectors) + "\n]\n")


if __name__ == "__main__":
    main()
