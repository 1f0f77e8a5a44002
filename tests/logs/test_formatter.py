"""`JSONFormatter`: whatever is logged, one line of strict JSON; in every way to configure it."""

import io
import json
import logging
import logging.config
import re
import sys
import textwrap
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusware.logs import JSONFormatter
from tests.layers.live import Server

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def strictly(line):
    """The members of a line that any reader of JSON and of lines understands."""
    assert line.isascii()
    assert line.isprintable()

    def never(constant):
        raise AssertionError(constant)

    found = json.loads(line, parse_constant=never)
    json.dumps(found, ensure_ascii=False).encode()  # no lone surrogates
    return found


def told(record=None, formatter=None, **more):
    record = record or logging.makeLogRecord(
        {"name": "shop", "levelname": "INFO", "msg": "sold", **more}
    )
    return strictly((formatter or JSONFormatter()).format(record))


def test_the_members_of_a_record():
    made = datetime(2026, 5, 17, 12, 30, 1, 250000, UTC).timestamp()
    assert list(told(created=made, statusware_status=404, item=7).items()) == [
        ("time", "2026-05-17T12:30:01.250000Z"),
        ("level", "INFO"),
        ("logger", "shop"),
        ("message", "sold"),
        ("status", 404),
        ("item", 7),
    ]


class Shy:
    def __str__(self):
        raise ValueError("x")

    __repr__ = __str__


def circle():
    found = []
    found += [found, found]
    return found


def deep():
    found = []
    for _ in range(100_000):
        found = [found]
    return found


VALUES = {
    "a surrogate": ("a\ud800b", "a\ufffdb"),
    "a pair": ("\ud83d\ude00", "\U0001f600"),
    "beyond ASCII": ("é\U0001f600", "é\U0001f600"),
    "ends of lines": ("a\nb\r\x85\u2028\x7f", "a\nb\r\x85\u2028\x7f"),
    "a nested surrogate": ({"\udc80": ["\udc80"]}, {"\ufffd": ["\ufffd"]}),
    "NaN": (float("nan"), "nan"),
    "a nested infinity": ([float("inf")], "[inf]"),
    "bytes": (b"\xff", "b'\\xff'"),
    "a date": (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
    "a list with one": ([datetime(2026, 1, 2, tzinfo=UTC)], ["2026-01-02 00:00:00+00:00"]),
    "other keys": ({(1, 2): 3}, "{(1, 2): 3}"),
    "a circle": (circle(), "[[...], [...]]"),
    "what cannot be shown": (Shy(), "<Shy>"),
    "a list with that": ([Shy()], ["<Shy>"]),
    "a number without an end": (10**5000, "<int>"),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("value", "shown"), list(VALUES.values()), ids=list(VALUES))
def test_values(value, shown):
    assert told(item=value)["item"] == shown


def test_a_value_of_any_depth():
    assert "item" in told(item=deep())


def test_messages():
    record = logging.LogRecord("shop", logging.INFO, "", 1, "%d %s", ("five",), None)
    assert told(record)["message"] == "%d %s ('five',)"
    record = logging.LogRecord("shop", logging.INFO, "", 1, Shy(), (), None)
    assert told(record)["message"] == "<Shy> ()"
    record = logging.LogRecord("shop", logging.INFO, "", 1, "%(a)s\n", ({"a": 5},), None)
    assert told(record)["message"] == "5\n"


def caught(error):
    try:
        raise error  # noqa: TRY301
    except Exception:
        return sys.exc_info()


def test_exceptions():
    found = told(exc_info=caught(KeyError("lost")))
    assert found["exception"] == "builtins.KeyError"
    assert found["traceback"].startswith("Traceback (most recent call last):\n")
    assert found["traceback"].endswith("KeyError: 'lost'")
    assert told(exc_info=caught(KeyError(Shy())))["exception"] == "builtins.KeyError"
    assert "traceback" not in told(exc_info=(None, None, None))
    assert "traceback" not in told(exc_info=True)
    assert told(exc_text="kept")["traceback"] == "kept"
    assert told(stack_info="Stack")["stack"] == "Stack"


def test_an_exception_that_cannot_be_shown(monkeypatch):
    monkeypatch.setattr(logging.Formatter, "formatException", lambda *args: 1 / 0)
    assert "KeyError" in told(exc_info=caught(KeyError("lost")))["traceback"]


@pytest.mark.parametrize("created", [float("nan"), float("inf"), -1e30, "now", None])
def test_times_that_are_none(created):
    assert TIME.fullmatch(told(created=created)["time"])


def test_nothing_is_lost_where_names_meet():
    found = told(statusware_status=404, status="sold", time="noon", time_="night")
    assert found["status"] == 404
    assert found["status_"] == "sold"
    assert TIME.fullmatch(found["time"])
    assert {found["time_"], found["time__"]} == {"noon", "night"}


def test_names_that_become_the_same_one():
    found = told(**dict(zip("\ud800\udfff\ufffd", (1, 2, 3), strict=True)))
    assert {found["\ufffd"], found["\ufffd_"], found["\ufffd__"]} == {1, 2, 3}


def test_members_can_be_left_out():
    formatter = JSONFormatter(omit=["user", "time"])
    assert list(told(formatter=formatter, statusware_user="ann")) == ["level", "logger", "message"]
    assert "user" not in told(formatter=JSONFormatter(omit="user"), statusware_user="ann")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.text(st.characters(exclude_categories=())) | st.integers() | st.binary(), inner
    ),
    max_leaves=10,
)  # fmt: skip
NAMES = st.text(st.characters(exclude_categories=())).filter(
    # What logging itself refuses as `extra` (Logger.makeRecord), `taskName` from 3.12 on.
    lambda name: name not in {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
)


@given(st.text(st.characters(exclude_categories=())), st.dictionaries(NAMES, ANYTHING))
def test_whatever_is_logged(message, extra):
    assert len(told(msg=message, **extra)) == 4 + len(extra)


@pytest.fixture
def stream():
    """A place for a log; the configuration of logging is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def test_dict_config(stream):
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "statusware.logs.JSONFormatter", "omit": ["user"]}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": stream}
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
    })  # fmt: skip
    logging.getLogger("shop").info("sold %d", 5, extra={"item": 7, "user": "ann"})
    found = strictly(stream.getvalue().rstrip("\n"))
    assert (found["message"], found["item"]) == ("sold 5", 7)
    assert "user" not in found


def test_dict_config_by_class(stream):
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"class": "statusware.logs.JSONFormatter"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": stream}
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
    })  # fmt: skip
    logging.getLogger("shop").info("sold")
    assert strictly(stream.getvalue().rstrip("\n"))["message"] == "sold"


INI = """
    [loggers]
    keys = root, error, access

    [handlers]
    keys = stderr

    [formatters]
    keys = json

    [logger_root]
    level = INFO
    handlers = stderr

    [logger_error]
    level = INFO
    handlers =
    qualname = gunicorn.error

    [logger_access]
    level = INFO
    handlers =
    qualname = gunicorn.access

    [handler_stderr]
    class = StreamHandler
    formatter = json
    args = (sys.stderr,)

    [formatter_json]
    class = statusware.logs.JSONFormatter
"""


def served(*options):
    """The lines of gunicorn's log, and of the app in it, after a request that fails."""
    pytest.importorskip("gunicorn")
    server = Server("tests.layers.misbehaving:app", "--access-logfile", "-", *options)
    server.get("/value-error?token=s3cr3t")
    server.stop()
    return [line for line in server.log if line.strip()]


def test_gunicorns_log_config(tmp_path):
    file = tmp_path / "logging.ini"
    file.write_text(textwrap.dedent(INI))
    found = [strictly(line.rstrip("\n")) for line in served("--log-config", str(file))]
    assert {each["logger"] for each in found} == {
        "gunicorn.error", "gunicorn.access", "statusware.envelope"
    }  # fmt: skip
    [failed] = [each for each in found if each["logger"] == "statusware.envelope"]
    assert (failed["level"], failed["event"], failed["status"]) == ("ERROR", "failed", 500)
    assert (failed["path"], failed["exception"]) == ("/value-error", "builtins.ValueError")
    assert "Traceback" in failed["traceback"]
