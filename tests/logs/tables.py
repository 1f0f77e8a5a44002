"""The tables of docs/observability.md, made from the code.

`python -m tests.logs.tables` puts them into the page, between the lines of their marks.
"""

import logging
import re
from pathlib import Path

from statusware.integrations.prometheus import METRICS
from statusware.logs import EVENTS, FIELDS

#: What the page calls "request".
REQUEST = ("method", "path", "route?", "user?", "request_id")

PAGE = Path(__file__).parent.parent.parent / "docs" / "observability.md"


def table(*rows):
    header, *rest = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines = [header, ["---"] * len(header), *rest]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def fields():
    return table(("field", "what it holds"), *((f"`{n}`", told) for n, told in FIELDS.items()))


def shortened(names):
    """The fields of a request go by one word."""
    if not set(REQUEST) <= set(names):
        return names
    return [name for name in names if name not in REQUEST] + ["*request*"]


def events():
    rows = (
        (
            f"`{event.name}`",
            f"`{event.logger}`",
            logging.getLevelName(event.level) + (", traceback" if event.traceback else ""),
            f"``{event.message}``" if "`" in event.message else f"`{event.message}`",
            ", ".join(shortened(event.fields)) or "",
            event.when,
        )
        for event in EVENTS
    )
    return table(("event", "logger", "level", "message", "fields", "when"), *rows)


def metrics():
    rows = (
        (f"`{name}`", ", ".join(f"`{label}`" for label in labels), told)
        for name, labels, told in METRICS
    )
    return table(("metric", "labels", "what it tells"), *rows)


TABLES = {"fields": fields, "events": events, "metrics": metrics}


def section(name, text):
    """What stands between the mark of a table and the next empty line behind it."""
    found = re.search(rf"^<!-- {name} -->\n\n?((?:\|.*\n)*)", text, re.MULTILINE)
    return found and found[1]


def main():
    text = PAGE.read_text("utf-8")
    for name, make in TABLES.items():
        text = re.sub(
            rf"^(<!-- {name} -->\n)\n?(?:\|.*\n)*\n?",
            lambda found, make=make: f"{found[1]}\n{make()}\n",
            text,
            flags=re.MULTILINE,
        )
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
