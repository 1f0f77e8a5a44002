"""Which tests notice a fault: a copy of the checkout, tests tried there in forks, a judgement.

Which tests run which lines is recorded once. A fault is tried with a few tests of its line, from
several functions; then with all of its line. It counts as noticed when a test fails, fails again
when it is run alone, and passes alone without the fault.
"""

import ast
import hashlib
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import sys
import time
from collections import defaultdict
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path

from tests.proof.recording import Chosen, Recorder
from tests.proof.warm import Server

__all__ = ["Bench", "digests"]

ROOT = Path(__file__).parent.parent.parent

#: What is imported once, before the forks: nothing that imports statusware.
PRELOADED = (
    *("pytest", "hypothesis", "hypothesis.strategies", "werkzeug.test", "webob", "jsonschema"),
    *("jwt", "jwt.algorithms", "bcrypt", "orjson", "jsonschema_rs", "webtest", "urllib3"),
    *("flask", "pyramid.config", "falcon", "bottle", "coverage", "wsgiref.validate", "yaml"),
)
OURS = ("statusware", "tests", "statusware_pytest")

#: What pytest says of plugins that were imported before it.
PRELOADING = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"

#: Tests and seconds (of the recording) that a fault is tried with at first.
FIRST, SECONDS = 40, 1.5

#: Seconds (of the recording) of further tests; `again` has all.
MOST = 20

#: Processor time: so much more than the recording took, and so many seconds; memory, in bytes.
TIMES, MORE, MEMORY = 4, 10, 6 << 30


UNRUN = "no test runs this line"


class Bench:
    """A copy of the checkout, in `folder`. `tests` are recorded, if `record` has nothing yet."""

    def __init__(self, folder, record, tests):
        self.folder, self.package = folder, folder / "statusware"
        self.sound = {}
        shutil.rmtree(folder, ignore_errors=True)
        ignored = shutil.ignore_patterns(".*", "docs", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=ignored)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        for name in PRELOADED:
            importlib.import_module(name)
        if not record.exists():
            self._record(record, tests)
        else:  # what is compiled once need not be in each fork
            self._child(None, tests, 900, lambda tell: Chosen([], tell), compiled=True)
        sys.dont_write_bytecode = True
        self.record = json.loads(record.read_text("utf-8"))
        self.names = list(self.record["seconds"])
        self.warm = self._served(tests)

    def _record(self, record, tests):
        def made(tell):
            recorder = Recorder(self.package, tell)
            recorder.coverage.start()
            return recorder

        def done(recorder):
            found = recorder.recorded(self.package)
            record.write_text(json.dumps({**found, "files": digests(self.folder)}), "utf-8")

        failed = self._child(None, tests, 3600, made, done, compiled=True)
        if failed is None or not record.exists():
            raise SystemExit("the tests do not run without any fault")
        found = json.loads(record.read_text("utf-8"))
        record.write_text(json.dumps({**found, "failed": failed}), "utf-8")

    def _served(self, tests):
        """Lines to and from a process that has imported and collected all."""
        ours, theirs = socket.socketpair()
        if not os.fork():
            ours.close()
            server = Server(theirs.makefile("rw"), self.folder, _waited)
            os._exit(self._tests(tests, 1 << 30, lambda _: server, None, False, 1))
        theirs.close()
        lines = ours.makefile("rw")
        told = lines.readline()
        if not told:
            raise SystemExit("the tests cannot be collected")
        self.new = [test for test in json.loads(told) if test not in self.record["seconds"]]
        return lines

    def quickly(self, module, changed, tests):
        """The test that fails in the process that is warm ("": none); None: too slow; False: unknown."""
        if not tests:
            return ""
        source = (self.package / module).read_text("utf-8")
        known = self.record["seconds"]
        limit = MORE + TIMES * sum(
            known.get(test, 120 if "::" not in test else 1) for test in tests
        )
        job = (module, source, changed, tests, limit)
        self.warm.write(json.dumps(job) + "\n")
        self.warm.flush()
        found = json.loads(self.warm.readline())
        return found if not isinstance(found, list) else "".join(found)

    def noticed(self, module, changed, *each):
        """The same, of some tests and then others; what fails has to fail again, and only so."""
        for tests in each:
            failed = self.quickly(module, changed, tests)
            while failed:
                if self.quickly(module, changed, [failed]) and self._is_sound(failed):
                    return failed
                tests = tests[tests.index(failed) + 1 :] if failed in tests else []
                failed = self.quickly(module, changed, tests)
            if failed in (None, False):
                return failed
        return ""

    def _is_sound(self, test):
        """Whether a test passes alone, without a fault."""
        if test not in self.sound:
            self.sound[test] = self.quickly("__init__.py", None, [test]) == ""
            if not self.sound[test]:
                print("fails without a fault", test, sep=" | ", file=sys.stderr, flush=True)
        return self.sound[test]

    @cached_property
    def changed(self):
        """Files that are not as they were recorded; test modules among them are tried whole."""
        then = self.record["files"]
        return {name for name, digest in digests(self.folder).items() if then.get(name) != digest}

    def run(self, tests, files=None):
        """The tests that fail (none: they pass); None where they take too long."""
        if not tests and not files:
            return []
        expected = sum(self.record["seconds"].get(test, 0) for test in tests or ())
        limit = MORE + TIMES * (expected if tests else 120)
        files = files or list(dict.fromkeys(test.partition("::")[0] for test in tests))
        return self._child(tests, files, limit, lambda tell: Chosen(tests, tell))

    def _child(self, tests, files, limit, made, done=None, compiled=False):
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            os._exit(self._tests(files, limit, made, done, compiled, writes))
        os.close(writes)
        ended = _waited(child, limit)
        with os.fdopen(reads, "rb") as told:
            failed = told.read().decode().split("\n")[:-1] if ended is not None else []
        if ended is None or (os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGXCPU):
            return None
        code = os.waitstatus_to_exitcode(ended)
        return failed if failed or code in (0, 5) else [f"(pytest ends with {code})"]

    def _tests(self, files, limit, made, done, compiled, writes):
        """In the fork: run pytest; its exit code."""
        os.setsid()
        os.chdir(self.folder)
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sys.path.insert(0, str(self.folder))
        sys.dont_write_bytecode = not compiled
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        plugin = made(lambda test: os.write(writes, f"{test}\n".encode()))
        options = ["-q", "-W", PRELOADING, "-p", "no:cacheprovider", "-p", "no:cov"]
        options += [] if compiled else ["-x"]
        pytest = importlib.import_module("pytest")
        code = int(pytest.main([*options, *files], plugins=[plugin]))
        if done is not None:
            done(plugin)
        return code

    def with_fault(self, module, changed, tests, files=None):
        """The same, with a fault in a module."""
        target = self.package / module
        source, times = target.read_bytes(), target.stat()
        compiled = Path(importlib.util.cache_from_source(str(target)))
        kept = compiled.read_bytes() if compiled.exists() else None
        compiled.unlink(missing_ok=True)
        target.write_text(changed, "utf-8")
        try:
            return self.run(tests, files)
        finally:
            target.write_bytes(source)
            os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
            if kept is not None:
                compiled.write_bytes(kept)

    def judge(self, module, line, changed):
        """("killed", test), ("too slow", "") or ("survived", why)."""
        tests = self.covering(module, line)
        first = self.first(tests)
        rest = self._some(self._quickest(sorted(set(tests) - set(first))))
        quickly = self.noticed(module, changed, first, rest)
        if quickly is False:  # only where it is imported with the fault
            return self._slowly(module, changed, (first, None), (rest, None))
        return _verdict(quickly, "" if tests else UNRUN)

    def again(self, module, line, changed, whole):
        """The same, by tests that are new or changed; then by all that run it, and these files."""
        tests = self.covering(module, line)
        new = [test for test in self.new if test.startswith(tuple(whole))]
        since = [test for test in tests if test.partition("::")[0] in self.changed]
        found = _verdict(self.noticed(module, changed, new, since), "")
        if found[0] == "survived":  # some of it may matter when it is imported only
            found = self._slowly(module, changed, (self.first(tests) + new, None))
        if found[0] == "survived":
            rest = self._quickest(sorted(set(tests) - set(since)))
            found = _verdict(self.noticed(module, changed, rest), "")
        if found[0] == "survived":
            found = self._slowly(module, changed, (None, whole))
        return found

    def _slowly(self, module, changed, *each):
        """The same, each time with all that is imported."""
        for chosen, files in each:
            if chosen or files:
                failed = self.with_fault(module, changed, chosen, files)
                if failed is None or (failed and self.confirmed(module, changed, failed[0])):
                    return _verdict(failed and failed[0], "")
        return "survived", ""

    def _some(self, tests):
        """The first of them, as many as take so long."""
        seconds, chosen = 0.0, []
        for test in tests:
            seconds += 0.01 + self.record["seconds"][test]
            if seconds > MOST:
                break
            chosen.append(test)
        return chosen

    def confirmed(self, module, changed, test):
        """Whether a test fails again, alone, and passes without the fault."""
        if "::" not in test:  # nothing can be imported
            return True
        if test not in self.sound:
            self.sound[test] = self.run([test]) == []
        return self.sound[test] and self.with_fault(module, changed, [test]) != []

    def covering(self, module, line):
        """The tests that run the statement of this line; else those that run the module's code."""
        source = (self.package / module).read_text("utf-8")
        lines = self.record["lines"].get(module, {})
        known = f"statusware/{module}" not in self.changed
        found = [lines.get(str(at), []) for at in _statement(source, line)] if known else []
        numbers = set(chain.from_iterable(found))
        if -1 in numbers or not known:
            numbers = set(chain.from_iterable(lines.values()))
        broken = set(self.record["failed"])
        return [self.names[at] for at in sorted(numbers - {-1}) if self.names[at] not in broken]

    def _quickest(self, tests):
        """Quick files first, and quick tests first in them."""
        seconds, costs = self.record["seconds"], defaultdict(float)
        for test in tests:
            costs[test.partition("::")[0]] += 0.01 + seconds[test]
        files = {name: (cost, name) for name, cost in costs.items()}
        return sorted(tests, key=lambda test: (files[test.partition("::")[0]], seconds[test]))

    def first(self, tests):
        """A few quick tests: of several functions, from the files that have most of them."""
        functions = defaultdict(lambda: defaultdict(list))
        for test in sorted(tests, key=self.record["seconds"].get):
            functions[test.partition("::")[0]][test.partition("[")[0]].append(test)
        files = sorted(functions, key=lambda name: -len(functions[name]))[:3]
        rows = [each for name in files for each in functions[name].values()]
        chosen, seconds = [], 0.0
        for test in filter(None, chain.from_iterable(zip_longest(*rows))):
            seconds += self.record["seconds"][test]
            if len(chosen) == FIRST or (chosen and seconds > SECONDS):
                break
            chosen.append(test)
        return sorted(chosen, key=lambda test: files.index(test.partition("::")[0]))


def _verdict(failed, why):
    """What the test that fails says; None: it took too long."""
    if failed is None:
        return "too slow", ""
    return ("killed", failed) if failed else ("survived", why)


def digests(folder):
    """{path: digest} of all Python files of a checkout."""
    files = [*(folder / "statusware").rglob("*.py"), *(folder / "tests").rglob("*.py")]
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        for file in files
    }


def _waited(child, limit):
    """The status of a child; None: it did not end. Time in which it had no processor is free."""
    begin, stat = time.monotonic(), Path(f"/proc/{child}/schedstat")
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        try:
            waited = int(stat.read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            waited = 0
        if time.monotonic() - begin - waited > limit + 60:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.01)


def _statement(source, line):
    """The lines of the innermost statement around a line; of a compound one, those of its head."""
    found = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # outer ones first
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            body = getattr(node, "body", None)
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            last = max(first, body[0].lineno - 1) if body else node.end_lineno
            if first <= line <= last:
                found = range(first, last + 1)
    return found
