"""A reader: a folder, a shell in it, and what happens when the blocks of a page are followed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from statusware import Policy
from tests.integrations.tools import environment, free_port, installed

from .blocks import GIVEN, ROOT, Block, blocks, borrowed

#: What a command of a reader may take, in seconds.
PATIENCE = 60

_PORT = re.compile(r"(?:127\.0\.0\.1|localhost):(\d+)")
_PORT_FIRST = re.compile(r"\b(\d{4,5})(?=, \"127\.0\.0\.1\")")
_SECRET = "0123456789abcdef0123456789abcdef"


class Reader:
    """Follows the blocks of a page, in order, from an empty folder."""

    def __init__(self, page: str, folder: Path) -> None:
        self.page, self.folder = page, folder / "here"
        given = GIVEN / Path(page).stem
        shutil.copytree(given, self.folder) if given.is_dir() else self.folder.mkdir()
        for block in borrowed(page):
            (self.folder / block.about).write_text(block.text, "utf-8")
        self.ports: dict[str, int] = {}
        self.printed = ""
        self._servers: dict[int, int] = {}
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=self.folder,
            env=self._environment(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # all that it starts is ended together
        )

    def _environment(self, folder: Path) -> dict[str, str]:
        programs = folder / "bin"
        programs.mkdir()
        command = programs / "statusware"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m statusware "$@"\n')
        command.chmod(0o755)
        path = [str(programs), str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"]
        bind = f"--bind 127.0.0.1:{self.port('8000')} --no-control-socket"
        return environment(
            installed(folder / "site"),
            PATH=os.pathsep.join(path),
            GUNICORN_CMD_ARGS=bind,
            COLUMNS="100",
            PYTHONDONTWRITEBYTECODE="1",
        )

    def close(self) -> None:
        """End the shell, and whatever it has started."""
        for pid in (*self._servers.values(), self._shell.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._shell.communicate(timeout=10)
        for pid in (*self._servers.values(), self._shell.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self._shell.wait()

    def port(self, written: str) -> int:
        """The free port that stands for one of the page."""
        if written not in self.ports:
            self.ports[written] = free_port()
        return self.ports[written]

    def here(self, text: str) -> str:
        """A text of the page, with the ports of this run."""
        text = _PORT.sub(lambda found: f"127.0.0.1:{self.port(found[1])}", text)
        return _PORT_FIRST.sub(lambda found: str(self.port(found[1])), text)

    def follow(self, block: Block) -> None:
        """Do with a block what is to be done; raises AssertionError where it is not as told."""
        getattr(self, "_" + block.kind.replace(" ", "_"))(block, self.here(block.text))

    def _file(self, block: Block, text: str) -> None:
        path = self.folder / block.about
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def _append_to(self, block: Block, text: str) -> None:
        path = self.folder / block.about
        path.write_text(path.read_text("utf-8") + text, "utf-8")

    def _run(self, block: Block, text: str) -> None:
        for command, wanted in _commands(text):
            printed = self.command(command)
            expect(f"{block}: $ {command}", printed, wanted)

    def _serve(self, block: Block, text: str) -> None:
        [line] = [each.removeprefix("$ ") for each in text.replace("\\\n", " ").splitlines()]
        found = _PORT.search(line)
        port = int(found[1]) if found else self._listening(line) or self.port("8000")
        if port in self._servers:
            self._end(self._servers.pop(port))
        # In a session of its own, so that whatever the line starts is ended together.
        start = f"setsid bash -c {shlex.quote(line)} >server.log 2>&1 & echo $!"
        pid = self._servers[port] = int(self.command(start))
        ready = f"for _ in $(seq 300); do (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null && break"
        done = self.command(f"{ready}; kill -0 {pid} || break; sleep .1; done; kill -0 {pid}")
        assert not done, f"{block}: {line}: {(self.folder / 'server.log').read_text()}"

    def _end(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        self.command(f"wait {pid}")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def _listening(self, line: str) -> int | None:
        """The port that a configuration of nginx in the folder names."""
        for path in self.folder.glob("*.conf") if line.startswith("nginx") else ():
            for found in re.findall(r"listen 127\.0\.0\.1:(\d+)", path.read_text("utf-8")):
                return int(found)
        return None

    def _python(self, block: Block, text: str) -> None:
        self.printed, status = self._script(block, text)
        assert status == 0, f"{block}: {self.printed}"

    def _raises(self, block: Block, text: str) -> None:
        self.printed, status = self._script(block, text)
        last = self.printed.strip().splitlines()[-1]
        name = last.partition(":")[0].rpartition(".")[2]
        assert (status, name) == (1, block.about), f"{block}: {self.printed}"

    def _script(self, block: Block, text: str) -> tuple[str, int]:
        path = self.folder / f"block{block.line}.py"
        path.write_text(text, "utf-8")
        printed = self.command(f"python {path.name}; echo $?")
        path.unlink()
        start, _, status = printed.rstrip("\n").rpartition("\n")
        return start, int(status)

    def _output(self, block: Block, text: str) -> None:
        expect(str(block), self.printed, text)

    def _policy(self, block: Block, text: str) -> None:
        for later in blocks(self.page):  # a page may show first what a file means
            if later.kind == "file" and not (self.folder / later.about).exists():
                self._file(later, self.here(later.text))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.syspath_prepend(str(self.folder))
            patch.setenv("JWT_SECRET", _SECRET)
            document = completed(tomllib.loads(text))
            try:
                policy = Policy(document, folder=self.folder)
                listed = len(document.get("routes", ()))
                # An OpenAPI document brings routes of its own along.
                assert len(policy.routes) == listed or policy.openapi is not None
            finally:
                for name, module in list(sys.modules.items()):
                    if str(self.folder) in str(getattr(module, "__file__", "")):
                        del sys.modules[name]

    def _end_of(self, block: Block, text: str) -> None:
        assert (ROOT / block.about).read_text("utf-8").endswith(block.text), str(block)

    def _part_of(self, block: Block, text: str) -> None:
        assert block.text in (ROOT / block.about).read_text("utf-8"), str(block)

    def _install(self, block: Block, text: str) -> None:
        extras = {
            name for listed in re.findall(r"\[([\w,]+)\]", text) for name in listed.split(",")
        }
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert extras <= set(project["optional-dependencies"]), str(block)

    def _make(self, block: Block, text: str) -> None:
        for command, _ in _commands(text):
            words = shlex.split(command, comments=True)
            assert words[0] == "make", str(block)
            done = subprocess.run(
                ["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, check=False
            )
            assert done.returncode == 0, f"{block}: {done.stderr.decode()}"

    def _yaml(self, block: Block, text: str) -> None:
        assert yaml.safe_load(text) is not None, str(block)

    def _looked_at_by(self, block: Block, text: str) -> None:
        path, _, name = block.about.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), str(block)

    def _json(self, block: Block, text: str) -> None:
        assert json.loads(text) is not None, str(block)

    def command(self, line: str) -> str:
        """What one command prints, stderr included, in the shell of the page."""
        shell = self._shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        end = f"@{time.monotonic_ns()}@"
        shell.stdin.write(f"{{ {line}\n}} </dev/null; echo '{end}'\n")
        shell.stdin.flush()
        printed = ""
        with _alarm(f"{self.page}: {line}"):
            while end not in printed:
                read = shell.stdout.readline()
                assert read, f"{self.page}: {line}: the shell has ended: {printed}"
                printed += read
        return printed.partition(end)[0]


@contextlib.contextmanager
def _alarm(what: str):
    """Nothing that a page says may take for ever."""

    def late(number: int, frame: object) -> None:
        raise AssertionError(f"{what}: takes longer than {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _commands(text: str) -> list[tuple[str, str]]:
    """The commands of a session, each with what it prints. A line after `\\` goes on."""
    found: list[tuple[str, str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            found.append((command, ""))
        else:
            assert found, f"what is printed here? {line}"
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def expect(what: str, printed: str, wanted: str) -> None:
    """Compare what was printed with what a page says."""
    got = [line.rstrip() for line in printed.strip("\n").splitlines()]
    said = wanted.strip("\n").splitlines()
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in said
    )
    told = f"{what}\nprinted:\n{printed}\nthe page says:\n{wanted}"
    assert re.fullmatch(pattern, "".join(f"{line}\n" for line in got)), told


def completed(document: dict) -> dict:
    """A part of a policy, made a whole one: somebody is known, and something is covered."""
    routes = document.get("routes", [])
    known = any(route.get("allow") != ["everyone"] for route in routes)
    if known and "auth" not in document:
        document["auth"] = {"bearer": {"secret": _SECRET}}
    if "auth" in document and not routes and "openapi" not in document.get("api", {}):
        document.setdefault("api", {}).setdefault("unlisted", "pass")
    if "auth" in document and set(document["auth"]) <= {"strip_headers", "max_header", "explain"}:
        document["auth"]["bearer"] = {"secret": _SECRET}
    return document


def follow(page: str, folder: Path) -> None:
    """Follow a whole page."""
    reader = Reader(page, folder)
    try:
        for block in blocks(page):
            reader.follow(block)
    finally:
        reader.close()


__all__ = ["Reader", "completed", "expect", "follow"]
