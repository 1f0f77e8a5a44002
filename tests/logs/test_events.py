"""The table of events: each of them happens, and is what the table says."""

import json
import logging
import re
import traceback
from pathlib import Path

import pytest

import statusware
from statusware.logs import EVENTS, FIELDS, PREFIX, Event, JSONFormatter
from tests.logs.triggers import MARKER, TRIGGERS

ROWS = {(event.logger, event.name): event for event in EVENTS}


@pytest.fixture
def records():
    """What is logged meanwhile, at every level."""
    found = []

    class Keeping(logging.Handler):
        def emit(self, record):
            found.append(record)

    handler, loggers = Keeping(), [logging.getLogger(n) for n in ("statusware", "gunicorn.error")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield found
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def names(record):
    return [n.removeprefix(PREFIX) for n in vars(record) if n.startswith(PREFIX)]


def check(record):
    """A record is what its row says."""
    row = ROWS[record.name, record.statusware_event]
    assert (record.levelno, record.msg) == (row.level, row.message)
    asked = {name for name in row.fields if not name.endswith("?")}
    allowed = {name.rstrip("?") for name in row.fields}
    found = set(names(record)) - {"event"}
    assert asked <= found <= allowed, (row.name, found)
    assert bool(record.exc_info and record.exc_info[1]) == row.traceback
    assert "\n" not in record.getMessage()


def test_nobody_logs_beside_the_table():
    """But the guards, whose rows are three, and gunicorn's workers, whose logger is gunicorn's."""
    package = Path(statusware.__file__).parent
    found = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(
            r"\blog\.(?:debug|info|warning|error|exception|critical|log)\(", file.read_text("utf-8")
        )
    }
    assert found == {"layers/guard.py", "integrations/gunicorn.py"}


def test_every_event_has_a_trigger():
    assert len(ROWS) == len(EVENTS)
    assert set(TRIGGERS) == set(ROWS)


@pytest.mark.parametrize(("logger", "name"), TRIGGERS, ids=lambda each: each)
def test_the_event_happens_and_is_what_the_table_says(records, tmp_path, monkeypatch, logger, name):
    TRIGGERS[logger, name](tmp_path, monkeypatch)
    for record in records:
        check(record)
    assert (logger, name) in {(record.name, record.statusware_event) for record in records}
    told = "".join(map(JSONFormatter().format, records))
    assert MARKER not in told


def test_every_field_is_documented_and_used():
    used = {name.rstrip("?") for event in EVENTS for name in event.fields}
    assert used | {"event"} == set(FIELDS)


def test_names_meet_no_attribute_of_a_record():
    own = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
    assert not [name for name in own if name.startswith(PREFIX)]


EVENT = Event("made-up", "statusware.made-up", logging.INFO, "it", (), "never")


@pytest.fixture
def tell(caplog):
    def tell(**more):
        caplog.set_level(logging.INFO, "statusware.made-up")
        EVENT.tell(**more)
        return caplog.records[-1]

    return tell


HOSTILE = {
    "/a\r\nforged: line": "/a\\r\\nforged: line",
    "/\x1b[2J": "/\\x1b[2J",
    "/é".encode().decode("latin-1"): "/é",
    "/\xff": "/\\xff",
    "/\xe2\x80\xae": "/\\u202e",  # turns the text around
    "/\xe2\x80\xa8": "/\\u2028",  # ends lines for some
    "/\x85": "/\\x85",
    "/" + "x" * 5000: "/" + "x" * 1023 + "…",
    "/Ā": "/?",  # no server hands that on
    5: None,
}


@pytest.mark.parametrize(("path", "told"), list(HOSTILE.items()), ids=map(ascii, HOSTILE.values()))
def test_fields_are_harmless(tell, path, told):
    record = tell(environ={"PATH_INFO": path, "REQUEST_METHOD": "GET"})
    assert getattr(record, "statusware_path", None) == told


def test_the_place_of_a_record_is_that_of_who_tells(tell):
    assert tell().funcName == "tell"
    assert tell().filename == "test_events.py"


def test_an_exception_is_told_by_its_class(tell):
    assert tell(error=json.JSONDecodeError("x", "y", 0)).statusware_exception == (
        "json.decoder.JSONDecodeError"
    )


def test_nothing_is_made_for_a_logger_that_is_off(monkeypatch):
    monkeypatch.setattr("statusware.logs.event.fields", lambda *args, **more: 1 / 0)
    logging.getLogger("statusware.made-up").setLevel(logging.WARNING)
    EVENT.tell(environ={})


def test_a_traceback_is_that_of_the_exception(records, tmp_path, monkeypatch):
    TRIGGERS["statusware.envelope", "failed"](tmp_path, monkeypatch)
    told = "".join(traceback.format_exception(records[0].exc_info[1]))
    assert "in app\n    raise error" in told
