"""`StatusLint`: what each rule finds, and what it lets pass."""

import re
import subprocess
import sys
import textwrap
from importlib.metadata import entry_points

import pytest
from werkzeug.test import Client

from statusware import PolicyError, wrap
from statusware.layers import lint as lint_module
from statusware.layers.lint import RULES, StatusLint
from tests.layers.frameworks import FRAMEWORKS
from tests.layers.tools import ask_quietly, raising

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
HTML = {"Content-Type": "text/html"}
TOKEN = b"eyJhbGciOiJI.eyJzdWIi.c2ln"

#: rule, method, status, headers, body that it finds; and the same again that it lets pass.
TABLE = [
    ("status-range", ("GET", "777 Odd", TEXT, b"x"), ("GET", "599 Odd", TEXT, b"x")),
    ("challenge", ("GET", "401 U", TEXT, b"x"), ("GET", "401 U", {"www-authenticate": "A"}, b"")),
    ("allow", ("GET", "405 N", TEXT, b"x"), ("GET", "405 N", {**TEXT, "Allow": ""}, b"x")),
    ("allow-refused", ("GET", "405 N", {"Allow": "PUT, GET"}, b""),
     ("GET", "405 N", {"Allow": "PUT"}, b"")),
    ("location", ("GET", "303 See Other", TEXT, b"x"), ("GET", "304 Not Modified", {}, b"")),
    ("content-range", ("GET", "206 P", TEXT, b"x"),
     ("GET", "206 P", {"Content-Type": "multipart/byteranges; boundary=x"}, b"x")),
    ("no-content", ("GET", "204 No Content", {}, b"x"), ("GET", "204 No Content", {}, b"")),
    ("no-content", ("GET", "204 No Content", JSON, b""), ("GET", "200 OK", JSON, b"1")),
    ("no-content", ("GET", "304 N", {}, b"x"), ("GET", "304 N", {"Content-Length": "5"}, b"")),
    ("no-content", ("GET", "204 N", {"Content-Length": "0"}, b""), ("GET", "204 N", {}, b"")),
    ("content-length", ("GET", "200 OK", {**TEXT, "Content-Length": "5"}, b"x"),
     ("GET", "200 OK", {**TEXT, "Content-Length": "1"}, b"x")),
    ("content-length", ("GET", "200 OK", {**TEXT, "Content-Length": "x"}, b"x"),
     ("HEAD", "200 OK", {**TEXT, "Content-Length": "5"}, b"")),
    ("head-body", ("HEAD", "200 OK", TEXT, b"x"), ("HEAD", "200 OK", TEXT, b"")),
    ("leak", ("GET", "500 E", TEXT, b"Traceback (most recent call last):"),
     ("GET", "200 OK", TEXT, b"Traceback (most recent call last):")),
    ("leak", ("GET", "500 E", TEXT, b"in /srv/shop/models.py"), ("GET", "404 N", TEXT, b"/srv/x")),
    ("leak", ("GET", "400 B", TEXT, b"[SELECT a FROM b WHERE]"),
     ("GET", "400 B", TEXT, b"Select one from here.")),
    ("leak", ("GET", "400 B", TEXT, b"bad " + TOKEN), ("GET", "400 B", TEXT, b"Bearer token")),
    ("hop-by-hop", ("GET", "200 OK", {**TEXT, "Connection": "close"}, b"x"),
     ("GET", "101 S", {"Upgrade": "x"}, b"")),
    ("created-location", ("POST", "201 C", TEXT, b"x"), ("PUT", "201 C", TEXT, b"x")),
    ("error-in-success", ("GET", "200 OK", JSON, b'{"error": "no"}'),
     ("GET", "200 OK", JSON, b'{"error": null}')),
    ("error-in-success", ("GET", "200 OK", JSON, b'{"status": 404, "a": 1}'),
     ("GET", "200 OK", JSON, b'{"status": "new", "a": 1}')),
    ("error-in-success", ("GET", "200 OK", JSON, b'{"success": false}'),
     ("GET", "200 OK", JSON, b'[{"error": "no"}]')),
    ("safe-created", ("GET", "201 C", TEXT, b"x"), ("POST", "202 A", TEXT, b"x")),
    ("json-type", ("GET", "200 OK", HTML, b'{"a": 1}'), ("GET", "200 OK", HTML, b"{% raw %}")),
    ("vary", ("GET", "200 OK", {**TEXT, "Content-Encoding": "gzip"}, b"x"),
     ("GET", "200 OK", {**TEXT, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, b"x")),
    ("content-type", ("GET", "200 OK", {}, b"x"), ("GET", "200 OK", {}, b"")),
    ("bare-error", ("GET", "404 N", TEXT, b""), ("HEAD", "404 N", TEXT, b"")),
    ("empty-success", ("DELETE", "200 OK", {}, b""), ("DELETE", "200 OK", TEXT, b"done")),
    ("empty-success", ("DELETE", "201 C", TEXT, b"x"), ("DELETE", "204 N", {}, b"")),
    ("retry-after", ("GET", "429 T", TEXT, b"x"), ("GET", "503 T", {"retry-after": "1"}, b"x")),
]  # fmt: skip


def found(method, status, headers, body):
    def app(environ, start_response):
        start_response(status, list(headers.items()))
        return iter([body])

    seen = []
    Client(StatusLint(app, report=seen.append)).open("/", method=method, buffered=True)
    return {finding.rule.id for finding in seen}


@pytest.mark.parametrize(("rule", "wrong", "right"), TABLE)
def test_each_rule(rule, wrong, right):
    assert rule in found(*wrong)
    assert rule not in found(*right)


def negotiating(vary, types=None):
    """HTML for those who accept it, else JSON."""
    known = types or {"text/html": "text/html"}

    def app(environ, start_response):
        kind = known.get(environ.get("HTTP_ACCEPT"), "application/json")
        start_response("200 OK", [("Content-Type", kind), *((("Vary", vary),) if vary else ())])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"1"]

    return app


NEGOTIATED = [
    # Vary, what is asked with which Accept, whether it is found
    ("", [("GET", "/", None), ("GET", "/", "text/html")], True),
    ("", [("GET", "/", "text/html"), ("GET", "/", "a/b"), ("GET", "/", "*/*")], True),
    ("", [("HEAD", "/", "a/b"), ("HEAD", "/", "text/html")], True),
    ("Cookie, Accept-Encoding", [("GET", "/", None), ("GET", "/", "text/html")], True),
    ("Cookie, accept", [("GET", "/", None), ("GET", "/", "text/html")], False),
    ("*", [("GET", "/", None), ("GET", "/", "text/html")], False),
    ("", [("GET", "/", "text/html"), ("GET", "/", "text/html")], False),
    ("", [("GET", "/", None), ("GET", "/", "a/b"), ("GET", "/b", "text/html")], False),
    ("", [("GET", "/", None), ("GET", "/?page", "text/html")], False),
    ("", [("POST", "/", None), ("POST", "/", "text/html")], False),
]


@pytest.mark.parametrize(("vary", "requests", "wrong"), NEGOTIATED)
def test_what_differs_by_accept_has_to_say_so(vary, requests, wrong):
    seen = []
    client = Client(StatusLint(negotiating(vary), report=seen.append))
    for method, target, accept in requests:
        headers = {} if accept is None else {"Accept": accept}
        client.open(target, method=method, headers=headers, buffered=True)
    assert {finding.rule.id for finding in seen} == ({"vary"} if wrong else set())
    assert not wrong or "application/json or text/html, by Accept" in seen[0].message


def test_one_answer_that_forgets_it_is_enough():
    def app(environ, start_response):
        if "HTTP_ACCEPT" in environ:
            start_response("200 OK", [("Content-Type", "text/html"), ("Vary", "Accept")])
        else:
            start_response("200 OK", [("Content-Type", "application/json")])
        return [b"1"]

    seen = []
    client = Client(StatusLint(app, report=seen.append))
    client.get("/", buffered=True)
    client.get("/", headers={"Accept": "text/html"}, buffered=True)
    assert [finding.rule.id for finding in seen] == ["vary"]


def test_little_is_remembered():
    lint = StatusLint(negotiating(""), report=lambda finding: None)
    client = Client(lint)
    for number in range(lint_module.REMEMBERED + 5):
        client.get(f"/{number}", headers={"Accept": f"a/{number}"}, buffered=True)
        client.get("/", headers={"Accept": f"a/{number}"}, buffered=True)
    assert len(lint._types) <= lint_module.REMEMBERED
    assert max(map(len, lint._types.values())) <= lint_module.ACCEPTS


def test_every_rule_is_in_the_table():
    assert {row[0] for row in TABLE} == {rule.id for rule in RULES}
    assert {rule.severity for rule in RULES} == {"error", "warning", "advice"}


def test_it_changes_nothing():
    def app(environ, start_response):
        write = start_response("200 OK", [("Content-Length", "3"), *TEXT.items()])
        write(b"a")
        yield b"b"
        yield b"c"

    seen = []
    assert ask_quietly(StatusLint(app, report=seen.append)).get_data() == b"abc"
    assert seen == []


def test_what_the_app_raises_passes():
    with pytest.raises(ValueError, match="x"):
        ask_quietly(StatusLint(raising(ValueError("x"))))


def test_findings_are_logged(caplog):
    def app(environ, start_response):
        start_response("405 N", [])
        return [b"x"]

    ask_quietly(StatusLint(app, ignore=["content-type"]), "/a%0Ab").close()
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "'GET /a\\nb' 405: has no Allow [error allow, RFC 9110 15.5.6]" in record.getMessage()


def test_an_unknown_rule_is_refused():
    with pytest.raises(PolicyError, match=r"ignore: 'alow' is unknown; did you mean \"allow\"?"):
        StatusLint(raising(ValueError()), ignore=["alow"])


@pytest.mark.parametrize("name", FRAMEWORKS)
@pytest.mark.parametrize(
    "line", ["GET /nope", "GET /raise", "GET /abort", "POST /get", "HEAD /nope", "OPTIONS /get"]
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_nothing_is_found_in_our_envelope(name, line, accept):
    method, path = line.split()
    if name == "falcon" and method == "HEAD":
        pytest.skip("Falcon gives HEAD the length of its own page")
    seen = []
    client = Client(StatusLint(wrap(FRAMEWORKS[name]()), report=seen.append))
    client.open(path, method=method, buffered=True, headers={"Accept": accept})
    assert [finding for finding in seen if finding.rule.severity == "error"] == []


def test_the_pytest_plugin(tmp_path):
    (tmp_path / "test_it.py").write_text(
        textwrap.dedent("""
        def app(environ, start_response):
            start_response(environ["PATH_INFO"][1:] + " X", [("Content-Type", "text/plain")])
            return [b"x"]

        def test_right(status_client):
            assert status_client(app).get("/200").status_code == 200

        def test_wrong(status_client):
            status_client(app).get("/405")

        def test_ignored(status_client):
            status_client(app, ignore=["allow"]).get("/405")

        def test_advice(status_client):
            status_client(app).get("/429")
    """)
    )
    installed = [each for each in entry_points(group="pytest11") if each.name == "statusware"]
    named = [] if installed else ["-p", "statusware_pytest"]
    command = [sys.executable, "-m", "pytest", "-q", *named, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=".")
    assert re.search(r"\b4 passed, .*\b1 error", done.stdout)
    assert "405: has no Allow" in done.stdout


def test_a_body_that_fails_is_closed():
    closed = []

    class Body:
        def __iter__(self):
            raise ValueError("x")

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Body()

    with pytest.raises(ValueError, match="x"):
        ask_quietly(StatusLint(app))
    assert closed == [True]
