"""Check every contestant, measure all of them interleaved, print the tables.

    bench.py [--quick] [--only NAMES] [--rounds N] [--out FOLDER]
    bench.py --show

Every contestant runs in a process and a virtualenv of its own. A round measures each of
them once, in an order that rotates, right after the bare Flask app; ratios are those of
such adjacent pairs, in CPU time, so that a busy neighbour on the machine slows both
sides. What is told is the median of all rounds.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import chart
import comparison
import report
import venvs
from targets import DUELS, PAIRS, ROWS

HERE = Path(__file__).resolve().parent
BARE = "bare_flask"

#: The case of the bare app that each case is compared with: what it refuses, the bare app
#: would have accepted.
AGAINST = {"a": "a", "h": "h", "i": "i", "j": "j"} | dict.fromkeys("bcdefgk", "b")

#: What a quick run leaves out.
SLOW = ("pyramid_openapi3", "connexion3_asgi", "connexion3_wsgi", "flask_casbin", "apiflask")


class Worker:
    """A contestant in a process of its own."""

    def __init__(self, name):
        self.name = name
        self._log = Path(tempfile.gettempdir(), f"bench-{os.getpid()}-{name}.log")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [venvs.python_of(venvs.venv_of(name)), HERE / "worker.py", name],
                cwd=HERE,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        hello = json.loads(self._line())
        self.python, self.versions, self.wrong = (hello[k] for k in ("python", "versions", "wrong"))

    def ask(self, *question):
        """The answer to a question, as worker.py tells."""
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return json.loads(self._line())

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._log.unlink()

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            said = self._log.read_text().strip().splitlines() or ["it ended"]
            self._log.unlink()
            raise RuntimeError(said[-1].replace(str(HERE.parent), "..."))
        return line


def contestants(options):
    """The names of those to be run, the bare app first."""
    every = sorted(p.stem for p in (HERE / "contestants").glob("[a-z]*.py"))
    if options.only:
        every = [name for name in every if name in options.only.split(",")]
    elif options.quick:
        every = [name for name in every if name not in SLOW]
    return [BARE, *(name for name in every if name != BARE)]


def hire(names):
    """Workers by name, and why others are absent."""
    absent = {}
    for venv in dict.fromkeys(map(venvs.venv_of, names)):
        if reason := venvs.make(venv):
            absent |= {n: reason for n in names if venvs.venv_of(n) == venv}
    workers = {}
    for name in names:
        if name not in absent:
            try:
                workers[name] = Worker(name)
            except (OSError, RuntimeError) as error:
                absent[name] = str(error)
    return workers, absent


def tables(workers, rounds, cases):
    """Microseconds and ratios of every contestant and case: {name: {case: [[us, ratio]]}}."""
    found = {name: {case: [] for case in cases} for name in workers}
    names = list(workers)
    for turn in range(rounds):
        shift = turn % len(names)
        for case in cases:
            for name in names[shift:] + names[:shift]:
                base = workers[BARE].ask("time", AGAINST[case])[1]
                ours = workers[name].ask("time", case)[1]
                found[name][case].append((ours, ours / base))
        print(f"tables: round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def ratios(workers, rounds):
    """The ratios that the promises are about, by the key of their row: {key: [ratio]}."""
    found = {}
    for turn in range(rounds):
        for name, case, base in PAIRS:
            if name in workers:
                ours, bare = workers[name].ask("pair", case, base)
                found.setdefault(f"{name} {case}/{base}", []).append(ours / bare)
        for one, other, case in DUELS:
            if one in workers and other in workers:
                sides = (one, other) if turn % 2 else (other, one)
                times = {name: workers[name].ask("time", case)[1] for name in sides}
                found.setdefault(f"{one}/{other} {case}", []).append(times[one] / times[other])
        print(f"promises: round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def costs():
    """What `costs.py` measures, all of it."""
    found = {}
    for name in ("plain", "routes", "stream", "start", "memory"):
        command = [venvs.python_of("default"), HERE / "costs.py", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        else:
            found |= json.loads(done.stdout)
    return found


def measure(options):
    """All that there is to know of this run."""
    workers, absent = hire(contestants(options))
    report.wrong_answers(workers, absent)
    mistaken = [n for n, w in workers.items() if n.startswith("statusware") and w.wrong]
    if mistaken:
        raise SystemExit(f"Wrong answers of {', '.join(mistaken)}: nothing is measured.")
    rounds = options.rounds or (3 if options.quick else 9)
    found = ratios(workers, rounds * 2)
    table = tables(workers, rounds, "abcdefghijk" if not options.quick else "ab")
    for worker in workers.values():
        worker.close()
    middle = {key: statistics.median(values) for key, values in found.items()}
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "quick": options.quick,
        "python": workers[BARE].python,
        "versions": {name: worker.versions for name, worker in workers.items()},
        "wrong": {n: w.wrong for n, w in workers.items() if w.wrong and n != BARE},
        "absent": absent,
        "values": middle | costs(),
        "table": {
            name: {
                case: [round(statistics.median(column), 3) for column in zip(*pairs, strict=True)]
                for case, pairs in cases.items()
            }
            for name, cases in table.items()
        },
    }


def main():
    """Measure or load, then print; a whole run leaves its data and its chart behind."""
    parser = argparse.ArgumentParser(description="Measure statusware against its peers.")
    parser.add_argument("--quick", action="store_true", help="a minute instead of ten")
    parser.add_argument("--only", help="names of contestants, with commas")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--out", type=Path, default=HERE, help="where results and chart go")
    parser.add_argument("--show", action="store_true", help="print the last results")
    options = parser.parse_args()
    file = options.out / "results.json"
    if options.show:
        report.show(json.loads(file.read_text()), ROWS)
        return
    result = measure(options)
    report.show(result, ROWS)
    if not options.quick and not options.only:
        file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        (options.out / "chart.svg").write_text(chart.draw(result))
        if options.out == HERE:
            comparison.write(result)


if __name__ == "__main__":
    main()
