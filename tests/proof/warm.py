"""Faults tried in a process that has imported and collected all, so that each takes a moment.

A fault inside a function takes the place of the function's code in a fork of that process. What
was made when it was imported stays as it is without the fault: so this can say that a test notices,
and never that none does. What is at a module's or a class's level cannot be tried here at all.
"""

import gc
import json
import os
import resource
import signal
import types
from collections import defaultdict

__all__ = ["Server", "patch", "patches"]


def _inner(code):
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def _shallow(code):
    """What a code object does, but for the code in it and where its lines are."""
    consts = [repr(const) for const in code.co_consts if not isinstance(const, types.CodeType)]
    return code.co_code, code.co_names, code.co_varnames, consts, code.co_exceptiontable


def _is_function(code):
    return bool(code.co_flags & 2)  # CO_NEWLOCALS: neither a module nor the body of a class


def _differences(old, new):
    """(old, new) of each function that differs; None where a module or a class does."""
    ours, theirs = _inner(old), _inner(new)
    if _shallow(old) != _shallow(new) or len(ours) != len(theirs):
        return [(old, new)] if _is_function(old) and old.co_freevars == new.co_freevars else None
    every = [_differences(*each) for each in zip(ours, theirs, strict=True)]
    if None in every:
        return [(old, new)] if _is_function(old) else None
    found = [pair for each in every for pair in each]
    # What is made in a function anew is made of the code that the function has.
    return [(old, new), *found] if found and _is_function(old) else found


def patches(name, source, changed):
    """(old, new) of each function to change; None where that would not be the whole change."""
    return _differences(compile(source, name, "exec"), compile(changed, name, "exec"))


def _key(code):
    return code.co_filename, code.co_firstlineno, code.co_qualname


def live():
    """Every function there is, by its code."""
    found = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType:  # isinstance asks some for their class
            found[_key(thing.__code__)].append(thing)
    return found


def patch(functions, found):
    """Put new code into every function that has the old."""
    for old, new in found:
        for function in functions[_key(old)]:
            function.__code__ = new


class Server:
    """A pytest plugin: instead of the tests it runs what it is asked for, in forks.

    It reads a job a line: [module, source, changed, tests or files, limit]; it answers in a line what failed,
    null for what takes too long, and false for what it cannot try.
    """

    def __init__(self, lines, folder, waited):
        self.lines, self.folder, self.waited = lines, folder, waited
        self.failed = []

    def pytest_runtestloop(self, session):
        items = defaultdict(list)
        for item in session.items:
            items[item.nodeid].append(item)
            items[item.nodeid.partition("::")[0]].append(item)
        functions = live()
        gc.freeze()
        self._say([item.nodeid for item in session.items])
        for line in self.lines:
            module, source, changed, tests, limit = json.loads(line)
            name = str(self.folder / "statusware" / module)
            found = patches(name, source, changed) if changed is not None else []
            chosen = [item for test in tests for item in items.get(test, ())]
            if found is None or not chosen:
                self._say(False)
            else:
                self._say(self._tried(chosen, limit, functions, found))
        return True

    def _say(self, answer):
        self.lines.write(json.dumps(answer) + "\n")
        self.lines.flush()

    def _tried(self, chosen, limit, functions, found):
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.setsid()
                resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 5))
                patch(functions, found)
                os.write(writes, self._first_failure(chosen).encode())
                os._exit(0)
            finally:  # whatever goes wrong, the fork does not go on as the server
                os._exit(1)
        os.close(writes)
        ended = self.waited(child, limit)
        with os.fdopen(reads, "rb") as told:
            failed = told.read().decode()
        if ended is None or (os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGXCPU):
            return None
        return ([failed] if failed else []) if ended == 0 else False

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid)

    def _first_failure(self, chosen):
        for item, after in zip(chosen, [*chosen[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.failed:
                return self.failed[0]
        return ""
