"""One contestant in an interpreter of its own; `bench.py` starts it and asks.

    worker.py NAME        answers requests, one JSON array a line, on standard input:
                          ["time", CASE], ["pair", CASE, BASE CASE]

Times are microseconds of CPU (and, for "time", of the clock) for each request. The first
line of the answers says who it is, and which cases it answers wrongly.
"""

import asyncio
import importlib
import importlib.metadata
import json
import logging
import os
import re
import statistics
import sys
import time
import warnings
from pathlib import Path

import drivers
import job

#: Seconds that one measurement takes, and of how many alternations one of a pair consists.
SLICE = float(os.environ.get("BENCH_SLICE", "0.02"))
ALTERNATIONS = 10


class Wsgi:
    """A contestant that is a WSGI app; `bare` is the app inside it, where it has one."""

    def __init__(self, module):
        self.app = module.build()
        self.bare = module.bare() if hasattr(module, "bare") else None
        self._environs = {name: job.environ(case) for name, case in job.ALL.items()}
        self._counts = {}

    def answer(self, name):
        """Status, headers and body of the answer to a case."""
        return drivers.call(self.app, job.environ(job.ALL[name]), job.ALL[name].body)

    def run(self, app, name, count):
        """Seconds (clock, CPU) that `count` requests take."""
        call, case = drivers.call, job.ALL[name]
        fresh = case.token is job.FRESH
        environs = [job.environ(case) if fresh else self._environs[name] for _ in range(count)]
        body = case.body
        wall, cpu = time.perf_counter(), time.process_time()
        for environ in environs:
            call(app, environ, body)
        return time.perf_counter() - wall, time.process_time() - cpu

    def count(self, app, name):
        """How many requests fill a slice."""
        known = self._counts.get((id(app), name))
        if known is None:
            self.run(app, name, 5)
            wall, _ = self.run(app, name, 10)
            known = self._counts[id(app), name] = max(2, int(SLICE / (wall / 10)))
        return known

    def time(self, name):
        """Microseconds (clock, CPU) of one request, from one slice."""
        count = self.count(self.app, name)
        return [seconds / count * 1e6 for seconds in self.run(self.app, name, count)]

    def pair(self, name, base):
        """Microseconds of CPU of a case and of `base` in the bare app, alternating."""
        app, bare = self.app, self.bare
        counts = [max(2, self.count(*of) // ALTERNATIONS) for of in ((app, name), (bare, base))]
        ours, theirs = [], []
        for turn in range(ALTERNATIONS):
            sides = [(ours, app, name, counts[0]), (theirs, bare, base, counts[1])]
            for times, which, case, count in sides if turn % 2 else reversed(sides):
                times.append(self.run(which, case, count)[1] / count * 1e6)
        return statistics.median(ours), statistics.median(theirs)


class Asgi(Wsgi):
    """A contestant that is an ASGI app."""

    def __init__(self, module):
        self._loop = asyncio.new_event_loop()
        super().__init__(module)

    def answer(self, name):
        """As for WSGI."""
        case = job.ALL[name]
        request = drivers.call_asgi(self.app, job.environ(case), case.body)
        return self._loop.run_until_complete(request)

    def run(self, app, name, count):
        """As for WSGI."""
        case = job.ALL[name]
        environs = [job.environ(case) for _ in range(count)]

        async def requests():
            wall, cpu = time.perf_counter(), time.process_time()
            for environ in environs:
                await drivers.call_asgi(app, environ, case.body)
            return time.perf_counter() - wall, time.process_time() - cpu

        return self._loop.run_until_complete(requests())


def load(name):
    """The contestant of this name, ready to be asked."""
    module = importlib.import_module(f"contestants.{name}")
    return {"wsgi": Wsgi, "asgi": Asgi}[getattr(module, "KIND", "wsgi")](module)


def check(subject):
    """Cases answered wrongly, with what is wrong."""
    wrong = {}
    for name, case in job.ALL.items():
        try:
            verdict = drivers.judge(case, *subject.answer(name))
        except Exception as error:  # whatever a contestant raises is its answer
            verdict = f"raises out of the app: {type(error).__name__}: {error!s:.80}"
        if verdict is not None:
            wrong[name] = verdict
    return wrong


def versions(name):
    """The versions of what the requirements of this contestant name."""
    source = Path(__file__).with_name("contestants").joinpath(f"{name}.py").read_text()
    venv = re.search(r'^VENV = "(\w+)"', source, re.MULTILINE)[1]
    file = Path(__file__).with_name("requirements") / f"{venv}.txt"
    packages = re.findall(r"^[\w-]+", file.read_text(), re.MULTILINE)
    return {package: importlib.metadata.version(package) for package in packages}


def quiet():
    """No logging and no warnings: contestants differ in what they say."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


def main():
    """Answer on standard output; whatever a contestant prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    quiet()
    subject = load(sys.argv[1])
    python = sys.version.split()[0]
    hello = {"python": python, "versions": versions(sys.argv[1]), "wrong": check(subject)}
    print(json.dumps(hello), file=out)
    for line in sys.stdin:
        what, *cases = json.loads(line)
        print(json.dumps(getattr(subject, what)(*cases)), file=out)


if __name__ == "__main__":
    main()
