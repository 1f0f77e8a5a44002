"""What commands print: one shape for programs, one set of exit statuses, any terminal."""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time

import click
import pytest

from statusware.cli import main
from statusware.cli import progress as waiting
from statusware.cli.group import COMMANDS
from statusware.cli.output import columns

from .commands import walk
from .kitchen import ROOT, SHOP, environment, kitchen

PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    kitchen(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name in ("STATUSWARE_POLICY", "STATUSWARE_APP", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    sys.modules.pop("shop", None)


def told(capsys):
    out, err = capsys.readouterr()
    return json.loads(out), err


#: Every command that prints something: a call, its exit status, its members. Those of lists
#: are the members of each item. docs/cli.md has the same table, and a test says so.
SHAPES = {
    "check": ("check shop:app", 0, {
        "routes": {"match", "rule"}, "schemes": None,
        "findings": {"level", "kind", "route", "message", "where"},
    }),
    "completion": ("completion bash", 0, {"shell": None, "script": None}),
    "demo": (None, 0, {"url": None, "steps": {"title", "request", "expected", "faults"}}),
    "explain": ("explain POST /recipes", 1, {
        "steps": {"layer", "verdict", "told"}, "status": None, "headers": None, "body": None,
    }),
    "init": ("init shop:app --policy new.toml", 0, {
        "policy": None, "schema": None, "routes": {"match", "for", "views", "notes"},
    }),
    "keys add": ("keys add billing", 0, {"file": None, "label": None, "key": None}),
    "keys list": ("keys list", 0, {
        "file": None, "keys": {"label", "user", "roles", "scopes", "expires"},
    }),
    "keys revoke": ("keys revoke billing", 0, {"file": None, "label": None}),
    "lint": ("lint shop:app --unsafe", 1, {
        "requests": None,
        "findings": {"rule", "severity", "source", "request", "status", "message"},
        "exceptions": {"request", "exception"},
    }),
    "lint --rules": ("lint shop:app --rules", 0, {"rules": {"rule", "severity", "source"}}),
    "problems": ("problems", 0, {"problems": {"code", "status", "title", "detail", "fix"}}),
    "report": ("report gunicorn.log", 1, {
        "refused": {"times", "layer", "status", "code", "what"}, "total": None,
    }),
    "token": ("token ann --role a", 0, {
        "token": None, "user": None, "roles": None, "scopes": None, "expires_in": None,
    }),
    "who": ("who GET /recipes/1", 0, {
        "route": None, "place": None, "allow": None, "deny": None, "note": None,
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, row in SHAPES.items() if row[0]])
def test_one_shape_for_programs(name, capsys):
    call, status, members = SHAPES[name]
    if name in ("keys list", "keys revoke"):
        main(["keys", "add", "billing", "--role", "b", "--expires", "1d"])
        capsys.readouterr()
    assert main([*call.split(), "--format", "json"]) == status
    found, err = told(capsys)
    assert err == ""
    assert found.pop("command") == name.partition(" --")[0]
    assert found.pop("exit_status") == status
    assert found.keys() == members.keys()
    for member, columns_ in members.items():
        if columns_ is not None:
            assert all(item.keys() == columns_ for item in found[member])


def test_the_page_has_the_table_of_shapes():
    rows = dict(
        re.findall(r"^\| `([\w -]+)` \| (.*) \|$", PAGE.partition("## JSON")[2], re.MULTILINE)
    )
    assert rows.keys() == SHAPES.keys()
    for name, (_, _, members) in SHAPES.items():
        words = set(re.findall(r"`(\w+)`", rows[name]))
        assert words == {word for key, each in members.items() for word in (key, *(each or ()))}, (
            name
        )


def test_every_command_has_it():
    having = {
        " ".join(path)
        for path, command in walk()
        if any("--format" in param.opts for param in command.params)
    }
    others = {"schema", "openapi", "serve"}  # two print a document, and one becomes a server
    assert having == others | {name for name in SHAPES if "--" not in name}
    assert set(COMMANDS) - {"keys"} <= having


def test_a_schema_is_json_as_it_is(capsys):
    assert main(["schema"]) == 0
    plain = capsys.readouterr().out
    assert main(["schema", "--format", "json"]) == 0
    assert capsys.readouterr().out == plain
    assert main(["schema", "--format", "yaml"]) == 2


def test_a_script_in_json_is_the_script(capsys):
    main(["completion", "zsh"])
    plain = capsys.readouterr().out
    main(["completion", "zsh", "--format", "json"])
    assert told(capsys)[0]["script"] == plain.removesuffix("\n")


def test_keys_are_listed_without_their_digests(capsys, folder):
    main(["keys", "add", "billing", "--role", "b", "--scope", "s", "--expires", "1d"])
    main(["keys", "add", "other"])
    capsys.readouterr()
    main(["keys", "list", "--format", "json"])
    first, second = told(capsys)[0]["keys"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first.pop("expires"))
    assert first == {"label": "billing", "user": "billing", "roles": ["b"], "scopes": ["s"]}
    assert second["expires"] is None
    assert not re.search("[0-9a-f]{64}", str([first, second]))


REFUSED = {
    "check": (["check", "--policy", "no.toml"], "cannot be read: No such file or directory"),
    "keys revoke": (["keys", "revoke", "x"], "no key has the label 'x'"),
    "who": (["who"], "Missing argument 'METHOD'."),
    "": (["chek"], "No such command 'chek'."),
}


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]])
@pytest.mark.parametrize("name", REFUSED)
def test_what_could_not_be_done_has_the_same_shape(name, form, capsys):
    args, reason = REFUSED[name]
    assert main([*args, *form]) == 2
    found, err = told(capsys)
    assert (found["command"], found["exit_status"]) == (name, 2)
    assert found["error"].keys() == {"reason", "file", "line", "key", "hint"}
    assert found["error"]["reason"].startswith(reason)
    assert err.startswith("statusware: ")
    assert found["error"]["reason"] in err


#: One table for all commands: what is asked, and the status.
STATUSES = [
    ("check", 0),
    ("check shop:app", 0),
    ("check shop:app --policy empty.toml", 0),
    ("check shop:app --policy narrow.toml", 1),
    ("check shop:nobody", 2),
    ("check --policy broken.toml", 2),
    ("explain GET /recipes/1", 0),
    ("explain GET /nowhere", 1),
    ("explain GET /recipes/1 --policy broken.toml", 2),
    ("who GET /recipes/1", 0),
    ("who GET /nowhere", 1),
    ("who GET", 2),
    ("report empty.log", 0),
    ("report gunicorn.log", 1),
    ("report no.log", 2),
    ("lint shop:app", 0),
    ("lint shop:app --rules", 0),
    ("lint broken:app --path", 2),
    ("lint broken:app", 2),
    ("lint raising:app", 1),
    ("problems", 0),
    ("problems not-found", 0),
    ("problems not-fund", 2),
    ("problems --format xml", 2),
    ("keys", 0),
    ("keys list", 0),
    ("keys list --file broken.toml", 2),
    ("keys revoke nobody", 2),
    ("keys add billing", 0),
    ("token ann", 0),
    ("token ann --expires never", 2),
    ("schema", 0),
    ("schema --unknown", 2),
    ("completion bash", 0),
    ("completion csh", 2),
    ("init", 2),
    ("init --policy new.toml", 0),
    ("init nowhere:app --policy new.toml", 2),
    ("serve", 2),
    ("serve shop", 2),
    ("serve shop:app --policy broken.toml", 2),
    ("demo --port x", 2),
    ("nonsense", 2),
    ("--version", 0),
    ("", 0),
]


@pytest.fixture
def files(folder):
    (folder / "broken.toml").write_text("[api\n")
    (folder / "empty.toml").write_text("[envelope]\nhtml = true\n")
    (folder / "empty.log").touch()
    (folder / "narrow.toml").write_text('[[routes]]\nmatch = "GET /x"\nallow = "everyone"\n')
    (folder / "broken.py").write_text("app = 5\n")
    (folder / "raising.py").write_text("def app(environ, start_response):\n    raise ValueError\n")
    yield
    for name in ("broken", "raising"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("line", "status"), STATUSES)
def test_exit_statuses(line, status, capsys):
    assert main(line.split()) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert (err.startswith("statusware: ") and out == "") == (status == 2)


def test_exit_statuses_are_told(capsys):
    main(["--help"])
    told = " ".join(capsys.readouterr().out.partition("Exit status")[2].split())
    for part in ("0 done", "1 the answer is no", "2 it could not be done", "130 interrupted"):
        assert part in told
    statuses = dict(
        re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.partition("## Exit")[2], re.MULTILINE)
    )
    assert list(statuses) == ["0", "1", "2", "130", "141"]


@pytest.mark.parametrize(
    "name", [" ".join(path) for path, each in walk() if not isinstance(each, click.Group)]
)
def test_each_help_says_with_which_status_it_ends(name, capsys):
    main([*name.split(), "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "Exit status 0" in text or name == "serve"


def test_what_an_app_prints_stays_out_of_the_object(folder, capsys):
    (folder / "loud.py").write_text(f"print('Hello')\n{SHOP}")
    assert main(["check", "loud:app", "--format", "json"]) == 0
    found, err = told(capsys)
    assert (found["exit_status"], err) == (0, "Hello\n")
    sys.modules.pop("loud")
    assert main(["check", "loud:app"]) == 0
    assert capsys.readouterr().out.startswith("Hello\n")


@pytest.mark.parametrize("call", ["sys.exit()", "sys.exit(0)", "sys.exit('bye')", "exit(1)"])
@pytest.mark.parametrize(
    "command", ["check {}:app", "lint {}:app", "init {}:app --policy new.toml"]
)
def test_an_app_that_ends_the_process_has_not_passed(folder, command, call, capsys):
    (folder / "ending.py").write_text(f"import sys\n{call}\n")
    assert main(command.format("ending").split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("statusware: something has called sys.exit(")
    sys.modules.pop("ending", None)


# Terminals, pipes, locales


def shell(folder, line, **variables):
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(folder, **variables),
        capture_output=True,
        timeout=300,
        check=False,
    )


def on_terminal(folder, line, *, wide=80, **variables):
    """What a command prints where stdout and stderr are terminals."""
    ours, theirs = pty.openpty()
    env = environment(folder, TERM="xterm-256color", COLUMNS=str(wide), **variables)
    env.pop("NO_COLOR", None) if "NO_COLOR" not in variables else None
    process = subprocess.Popen(
        ["bash", "-c", line], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + 300
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            seen += chunk
            if not chunk:
                break
        elif process.poll() is not None:
            break
    process.wait(10)
    os.close(ours)
    return seen.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


ESCAPE = "\x1b["
NARROW = "statusware check shop:app --policy narrow.toml"


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_that_want_it(folder, variables, coloured):
    variables = {"TERM": "xterm-256color", **variables}
    text = on_terminal(folder, f"TERM={variables.pop('TERM')} {NARROW}", **variables)
    assert "uncovered" in text
    assert ("\x1b[31m" in text) is coloured


@pytest.mark.usefixtures("files")
def test_none_is_for_pipes(folder):
    done = shell(folder, f"{NARROW} | cat", FORCE_COLOR="1")
    assert b"uncovered" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


def test_an_app_that_is_mounted_elsewhere_is_asked_there(folder):
    policy = (folder / "statusware.toml").read_text()
    (folder / "mounted.toml").write_text(f'api.mount = ["/shop", "/store"]\n{policy}')
    for command in ("check shop:app", "explain GET /recipes/1", "who GET /recipes/1"):
        assert main([*command.split(), "--policy", "mounted.toml"]) == 0
    (folder / "mounted.toml").write_text(f'api.mount = ["/shop", ""]\n{policy}')
    assert main(["explain", "GET", "/recipes/1", "--policy", "mounted.toml"]) == 0


#: What a policy, or a document from elsewhere, may hold: it would hide what stands before it.
HIDES = '"\\u001b[2K\\u001b[1A\\u202e"'
SHOWN = "\\x1b[2K\\x1b[1A\\u202e"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("check", f"[api]\n{HIDES} = 1\n"),
        ("check", f'[[routes]]\nmatch = "POST /a"\nallow = "everyone"\nbody = {HIDES}\n'),
        ("check", f'[[routes]]\nmatch = "GET /a"\nallow = {HIDES[:-1]}:x"\n'),
        ("check", f'auth.bearer.secret = "{"x" * 40}"\n'
                  f'[[routes]]\nmatch = "GET /a"\nallow = "role:{HIDES[1:]}\n'),
        ("explain GET /a", f'[[routes]]\nname = {HIDES}\nmatch = "GET /a"\nallow = "everyone"\n'),
    ],
)  # fmt: skip
def test_nothing_in_a_policy_moves_the_cursor(folder, capsys, command, text):
    (folder / "odd.toml").write_text(text)
    main([*command.split(), "--policy", "odd.toml"])
    out, err = capsys.readouterr()
    assert all(line.isprintable() for line in (out + err).splitlines())
    assert SHOWN in out + err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("wide", [30, 60, 79])
def test_narrow_terminals(folder, wide):
    """No line is longer than the terminal, but where a single word is."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(folder, NARROW, wide=wide))
    found = text.partition("\n\n")[2].splitlines()[:-1]
    if wide == 30:  # not even the other columns have room
        assert found[0] == "error    uncovered  GET /recipes/{id:int}"
        found = [line for line in found if line.startswith("    ")]
    assert max(map(len, found)) <= wide
    words = " ".join(text.split())
    assert "no rule lists it (view create); nobody can reach it" in words


def test_a_row_is_one_line_where_nobody_looks(capsys):
    assert [line for line, _ in columns([("a", "b " * 500)])] == [("a  " + "b " * 500).rstrip()]
    assert list(columns([])) == []


@pytest.mark.parametrize("variables", [
    {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "POSIX"},
    {"PYTHONIOENCODING": "utf-8"},
], ids=str)  # fmt: skip
def test_any_locale(folder, variables):
    """What it has no letters for is escaped; JSON stays JSON."""
    text = '[[routes]]\nname = "Über 🍲"\nmatch = "GET /süß"\nallow = "everyone"\n'
    (folder / "statusware.toml").write_text(text, "utf-8")
    line = "statusware who GET /s%C3%BC%C3%9F"
    done = shell(folder, f"{line} && {line} --format json", **variables)
    assert done.returncode == 0, done.stderr
    plain, _, found = done.stdout.partition(b"{")
    assert b"ber " in plain
    encoding = "utf-8" if b"\xc3\x9c" in found else "ascii"
    assert json.loads("{" + found.decode(encoding))["route"] == "Über 🍲"
    assert shell(folder, "statusware check --policy 'ö\udcff.toml'", **variables).returncode == 2


def test_a_reader_that_goes_away(folder):
    for line in ("problems --format md", "schema", "problems --format json", "--help", "check"):
        done = shell(folder, f"statusware {line} | true; echo ${{PIPESTATUS[0]}}")
        assert done.stderr == b"", line
        assert done.stdout in (b"0\n", b"141\n"), line
    done = shell(
        folder, "statusware schema | (sleep .01; head -c 1 >/dev/null); echo ${PIPESTATUS[0]}"
    )
    assert (done.stdout, done.stderr) in ((b"141\n", b""), (b"0\n", b""))


def test_the_disk_is_full(folder):
    done = shell(folder, "statusware schema > /dev/full")
    assert (done.returncode, done.stderr) == (
        2, b"statusware: cannot be written: No space left on device\n"
    )  # fmt: skip


def test_ctrl_c(folder):
    (folder / "slow.py").write_text("import time\nopen('begun', 'w').close()\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "statusware", "check", "slow:app"],
        cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while not (folder / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(2)
    _out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert b"Traceback" not in err


# Progress


SLOW = """
import time
from flask import Flask
app = Flask(__name__, static_folder=None)
for at in range(40):
    app.add_url_rule(f"/{at}", str(at), lambda: time.sleep(.02) or "")
"""


def test_progress_is_shown_where_it_takes_long(folder):
    (folder / "slowshop.py").write_text(SLOW)
    line = "statusware lint slowshop:app > out"
    text = on_terminal(folder, line)
    assert "Asking the app" in text
    assert re.search(r"\d+/\d+", text)
    assert "Asking" not in (folder / "out").read_text()
    assert shell(folder, line).stderr == b""
    assert "Asking" not in on_terminal(folder, "statusware lint shop:app > out")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def become_terminal(monkeypatch):
    """Called in the test itself: between the fixtures and the test, pytest puts its own back."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


@pytest.mark.parametrize(("patience", "shown"), [(0, True), (60, False)])
def test_progress_step_by_step(monkeypatch, patience, shown):
    terminal = become_terminal(monkeypatch)
    monkeypatch.setattr(waiting, "PATIENCE", patience)
    seen = []
    for step in waiting.progress(range(5), "Counting"):
        seen.append(step)
        time.sleep(0.05)
    with waiting.busy("Thinking"):
        time.sleep(0.1)
    assert seen == [0, 1, 2, 3, 4]
    assert ("Counting" in terminal.getvalue()) is shown
    assert ("Thinking" in terminal.getvalue()) is shown


def test_progress_that_is_broken_off_leaves_nothing_behind(monkeypatch):
    become_terminal(monkeypatch)
    monkeypatch.setattr(waiting, "PATIENCE", 0)
    with pytest.raises(ZeroDivisionError), waiting.busy("Thinking"):
        raise ZeroDivisionError
    for each in threading.enumerate():
        if isinstance(each, threading.Timer) or "rich" in type(each).__module__:
            each.join(5)
            assert not each.is_alive()


ROW = ("one", "two", "some words that are long")


@pytest.mark.parametrize(
    ("wide", "lines"),
    [
        (80, ["one  two  some words that are long"]),
        (34, ["one  two  some words that are long"]),
        (33, ["one  two", "    some words that are long"]),
        (20, ["one  two", "    some words that", "    are long"]),
    ],
)
def test_a_row_on_a_terminal(monkeypatch, wide, lines):
    become_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", str(wide))
    assert [(line, style) for line, style in columns([ROW], ["red"])] == [(x, "red") for x in lines]


def test_a_row_with_room_for_its_last_column(monkeypatch):
    become_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "40")
    rows = [("a", "b " * 25)]
    assert [line for line, _ in columns(rows)] == ["a  " + "b " * 18 + "b", "   b b b b b b"]


def test_a_command_that_takes_long_says_what_it_does(folder):
    (folder / "slowshop.py").write_text(
        f"{SLOW}\nreal = app.url_map.iter_rules\n"
        "app.url_map.iter_rules = lambda: time.sleep(1.6) or real()\n"
    )
    line = "statusware check slowshop:app > out"
    assert "Comparing the policy with the app" in on_terminal(folder, line)
    assert shell(folder, line).stderr == b""
    assert "Comparing" not in on_terminal(folder, "statusware check shop:app > out")


@pytest.mark.parametrize("wide", [80, 20])
def test_a_column_in_which_nothing_stands_takes_no_room(monkeypatch, wide):
    become_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", str(wide))
    rows = [("GET /recipes", "everyone", ""), ("POST /recipes", "role:editor", "")]
    wrapped = [line for line, _ in columns(rows)]
    assert wrapped == [line for line, _ in columns([row[:2] for row in rows])]
    assert all(wrapped), "an empty line"
    some = [("a", "b " * 4, ""), ("a", "b", "c")]
    assert next(line for line, _ in columns(some)) == "a  b b b b"
    assert all(line.strip() for line, _ in columns(some))
