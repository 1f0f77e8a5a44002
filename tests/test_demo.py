"""`statusware demo`: the tour's table and its judge, and the real thing over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from statusware.cli import demo as demo_module
from statusware.cli import main, server
from statusware.cli.exchange import Answer
from statusware.cli.screen import Screen, readable
from statusware.cli.tokens import BEARERS, make_tokens
from statusware.cli.tour import STEPS, Step, judge

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef" * 2
HEADERS = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Request-ID": "abc",
    "Allow": "GET",
}
PROBLEM = {"type": "about:blank", "status": 405, "code": "method-not-allowed", "request_id": "abc"}
REFUSED = Step("", "PUT /a", 405, "method-not-allowed", headers={"Allow": "^GET$"}, hides=("Soup",))
CREATED = Step("", "POST /a", 201, members={"id": 1})
DELETED = Step("", "DELETE /a", 204)
BROKEN = Step("", "POST /a", 400, "invalid-body", pointers=("/a", "/b/0"))


def problem(answered: int = 405, headers: dict[str, str] | None = None, **members: Any) -> Answer:
    body = json.dumps({**PROBLEM, **members}).encode()
    fields = {name.lower(): value for name, value in {**HEADERS, **(headers or {})}.items()}
    return Answer(answered, "", fields, body)


def invalid(*pointers: str) -> Answer:
    errors = [{"pointer": pointer} for pointer in pointers]
    return problem(400, status=400, code="invalid-body", errors=errors)


def plain(status: int, body: bytes, content_type: str = "application/json") -> Answer:
    return Answer(status, "", {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("step", "answer", "fault"),
    [
        (REFUSED, problem(), None),
        (REFUSED, problem(404), "status"),
        (REFUSED, problem(headers={"Content-Type": "application/json"}), "Content-Type"),
        (REFUSED, problem(headers={"Allow": "POST"}), "Allow"),
        (REFUSED, problem(headers={"Allow": ""}), "Allow"),
        (REFUSED, problem(headers={"Cache-Control": "max-age=1"}), "Cache-Control"),
        (REFUSED, problem(headers={"X-Content-Type-Options": ""}), "X-Content-Type-Options"),
        (REFUSED, problem(headers={"X-Request-ID": "abd"}), "request_id"),
        (REFUSED, problem(status=404), "status"),
        (REFUSED, problem(code="not-found"), "code"),
        (REFUSED, problem(type="/types/x"), "type"),
        (REFUSED, problem(detail="No soup here."), "Soup"),
        (REFUSED, problem(errors=[{"pointer": "/a"}]), "errors"),
        (BROKEN, invalid("/a", "/b/0"), None),
        (BROKEN, invalid("/b/0", "/a"), "errors"),
        (BROKEN, invalid("/a"), "errors"),
        (BROKEN, invalid(), "errors"),
        (CREATED, plain(201, b'{"id": 1, "name": "a"}'), None),
        (CREATED, plain(200, b'{"id": 1}'), "status"),
        (CREATED, plain(201, b'{"id": 2}'), "id"),
        (CREATED, plain(201, b"[1]"), "object"),
        (CREATED, plain(201, b"{"), "object"),
        (CREATED, plain(201, b'{"id": 1}', "text/html"), "Content-Type"),
        (DELETED, Answer(204, "", {}, b""), None),
        (DELETED, Answer(204, "", {}, b"gone"), "body"),
    ],
)
def test_the_judge(step: Step, answer: Answer, fault: str | None) -> None:
    faults = judge(step, answer)
    assert len(faults) == (fault is not None), faults
    assert fault is None or fault in faults[0]


def test_the_tour_shows_every_status_of_the_contract() -> None:
    answers = {(step.status, step.code) for step in STEPS}
    assert {status for status, _ in answers} == {
        *(200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 500)
    }  # fmt: skip
    assert len([step for step in STEPS if step.status == 404]) == 3


def test_tokens() -> None:
    tokens = make_tokens(SECRET)
    assert tokens.keys() == BEARERS.keys()
    assert {step.who for step in STEPS} - {""} == tokens.keys()
    claims = jwt.decode(tokens["admin"], SECRET, ["HS256"], audience="recipes")
    assert (claims["sub"], claims["roles"]) == ("ada", ["admin"])
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(tokens["late"], SECRET, ["HS256"], audience="recipes")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tokens["forger"], SECRET, ["HS256"], audience="recipes")


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", []),
        (b'{"a":1}', ['{"a": 1}']),
        (b'{"a": }', ['{"a": }']),
        ("Zoë\n".encode(), ["Zoë"]),
        (b"\xff", ["\ufffd"]),
        (b'"' + b"x" * 200 + b'"', ['"' + "x" * 99 + "... (202 characters)"]),
        (b"a\n" * 40, ["a"] * 30 + ["... (80 bytes)"]),
        (
            json.dumps({"a": ["x" * 50, {"b": "y" * 50}], "c": 1}).encode(),
            [
                *("{", '  "a": [', f'    "{"x" * 50}",', f'    {{"b": "{"y" * 50}"}}', "  ],"),
                *('  "c": 1', "}"),
            ],
        ),
    ],
)
def test_a_body_as_a_person_reads_it(body: bytes, lines: list[str]) -> None:
    assert readable(body) == lines


def test_no_colour_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen = Screen()
    screen.say("[bold]ö " + "x" * 200, "bold red")
    screen.verdict([])
    assert capsys.readouterr().out == "[bold]ö " + "x" * 200 + "\n   ✓\n"


def test_a_terminal_has_colour() -> None:
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    code = "from statusware.cli.screen import Screen; Screen().verdict(['a'])"
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, stdout=writer, cwd=ROOT, env={**env, "TERM": "xterm"})
    shown = os.read(reader, 100)
    os.close(writer)
    os.close(reader)
    assert b"\x1b[" in shown


def test_an_ascii_terminal_is_enough() -> None:
    code = "from statusware.cli.screen import Screen; s = Screen(); s.verdict([]); s.say('ö')"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=env)
    assert done.stdout == b"   ok\n\\xf6\n"


# The real thing.


def test_the_tour(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # What would make another server of it.
    monkeypatch.setenv("SCRIPT_NAME", "/mounted")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers=0 --nonsense")
    assert main(["demo", "--once", "--port", "0"]) == 0, capsys.readouterr().out
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1] == f"{len(STEPS)} of {len(STEPS)} answered as the contract says"
    assert out.count("✓") == len(STEPS)
    assert "\x1b" not in out


def test_a_wrong_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teapot = Step("Tea", "GET /recipes", 418, "im-a-teapot")
    monkeypatch.setattr(demo_module, "STEPS", (STEPS[0], teapot))
    assert main(["demo", "--port", "0"]) == 1
    out = capsys.readouterr().out
    assert "✗ the status is not 418" in out
    assert out.splitlines()[-1] == "1 of 2 answered as the contract says"


def test_a_port_in_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(demo_module, "STEPS", STEPS[:1])
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["demo", "--once", "--port", str(port)]) == 0
    assert f"Port {port} is in use; taking " in capsys.readouterr().out


def test_a_port_that_may_not_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(address: tuple[str, int]) -> socket.socket:
        if address[1] != 80:
            raise NotImplementedError
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert main(["demo", "--port", "80"]) == 2
    assert capsys.readouterr().err == "statusware: port 80: Permission denied\n"


def test_a_server_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "statusware.toml").write_text("[roots]", encoding="utf-8")
    (tmp_path / "recipes").symlink_to(demo_module.EXAMPLE / "recipes")
    monkeypatch.setattr(demo_module, "EXAMPLE", tmp_path)
    monkeypatch.setattr(server, "START", 120.0)  # long enough to tell on a busy machine, too
    start = time.monotonic()
    assert main(["demo"]) == 1
    assert time.monotonic() - start < server.START / 2  # it is not waited for
    err = capsys.readouterr().err
    assert 'did you mean "routes"?' in err
    assert err.endswith("statusware: the server did not start; above is its log\n")


def test_outside_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_module, "EXAMPLE", tmp_path)
    assert main(["demo"]) == 2
    assert "clone of the repository" in capsys.readouterr().err


def test_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "jwt" or None)
    assert main(["demo"]) == 2
    assert 'PyJWT: pip install "statusware[demo]"' in capsys.readouterr().err


def test_the_tour_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--once", "--port", "0", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["exit_status"]) == ("demo", 0)
    assert told["url"].startswith("http://127.0.0.1:")
    assert [step["request"] for step in told["steps"]] == [step.request for step in STEPS]
    for step in told["steps"]:
        assert step.keys() == {"title", "request", "expected", "faults"}
        assert step["faults"] == []


def test_no_answer_is_a_wrong_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    faults = demo_module._take(Screen(), port, 1, STEPS[0], {})
    assert faults == ["no answer: ConnectionRefusedError"]
    assert "✗ no answer: ConnectionRefusedError" in capsys.readouterr().out


def test_a_stubborn_server_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    command = [sys.executable, "-c", f"{stubborn}; time.sleep(60)"]
    monkeypatch.setattr(server, "gunicorn", lambda *_a, **_k: command)
    monkeypatch.setattr(server, "STOP", 0.2)
    log = tmp_path / "log"
    listener = socket.create_server(("127.0.0.1", 0))
    process = server.Server("a:b", "p", listener=listener, log=log, folder=tmp_path, env={})
    while not log.read_bytes():
        time.sleep(0.02)
    handler = signal.getsignal(signal.SIGTERM)
    process.stop()
    assert process._process.returncode == -signal.SIGKILL
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_server_that_ends_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    class Ended:
        def wait(self) -> None: ...
        def said(self) -> str:
            return "Worker failed"

    assert demo_module._serve_on(Ended()) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err.startswith("Worker failed\nstatusware: the server ended")


def test_after_the_tour_it_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_server: server.Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_module, "STEPS", STEPS[:1])
    monkeypatch.setattr(server.Server, "wait", interrupt)
    assert main(["demo", "--port", "0"]) == 0
    out = capsys.readouterr().out
    assert "Ctrl-C ends it" in out
    assert out.count("\ncurl -i http://127.0.0.1:") == 4


def test_ctrl_c_in_the_middle_of_the_tour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(demo_module, "_take", interrupt)
    assert main(["demo", "--port", "0"]) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The demo in a process group of its own, once the tour is over; and what it said."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        "import sys; from statusware.cli import main; sys.exit(main())",
    ]
    with out.open("wb") as output:
        process = subprocess.Popen(
            [*command, "demo", "--port", "0"],
            stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )  # fmt: skip
    try:
        while "DELETE -H" not in (said := out.read_text(encoding="utf-8")):
            assert process.poll() is None, said
            time.sleep(0.05)
        yield process, said
        assert out.read_text(encoding="utf-8") == said
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_goes_on_serving_until_it_is_ended(
    end: signal.Signals, serving: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, said = serving
    found = re.search(r"TOKEN=(\S+)\ncurl -i http://127\.0\.0\.1:(\d+)/recipes\n", said)
    assert found is not None
    token, port = found.groups()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    body = json.dumps({"name": "Pie", "ingredients": [{"name": "a", "amount": 1, "unit": "g"}]})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/recipes", body, headers)
    assert connection.getresponse().status == 201
    connection.close()
    process.send_signal(end)
    assert process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
