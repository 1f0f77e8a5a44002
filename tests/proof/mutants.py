"""Mutation testing: small faults put into the code, which some test has to notice.

python -m tests.proof.mutants [--sample 300] [--seed 1] [--again [TEXT]] [--told] [--document]

A sample of the faults that tests/proof/mutations.py can make, in an order that the seed gives; each
is judged by tests/proof/noticing.py. What is known is kept in .mutants, so that a run goes on where
it was left. `--again` tries what survived, and nothing explains, with the tests as they are now, and
at last with all of its part. `--told` runs nothing; `--document` writes docs/reliability.md.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

from tests.proof.mutations import OWN, faults, mutate, operators, same, where
from tests.proof.noticing import ROOT, Bench, digests
from tests.proof.report import Section, program

__all__ = ["PARTS", "modules", "same"]

WORK = ROOT / ".mutants"

#: Those that need nothing but what statusware itself can use.
OPENAPI = (
    "tests/openapi/test_schemas.py tests/openapi/test_bodies.py tests/openapi/test_document.py "
    "tests/openapi/test_routes.py tests/openapi/test_security.py tests/openapi/test_answers.py"
)

#: Part: (its modules, the tests of all of it).
PARTS = {
    "matching": (
        "rules/pattern.py rules/tree.py rules/route.py rules/routes.py request.py readings.py "
        "layers/routing.py",
        "tests/rules tests/layers/test_routing.py tests/layers/test_known_paths.py "
        "tests/layers/test_warm.py tests/layers/test_steps.py tests/test_request.py tests/test_cost.py tests/bypass",
    ),
    "decision": (
        "rules/decision.py rules/principals.py rules/predicates.py layers/access.py "
        "layers/guard.py layers/report.py",
        "tests/rules tests/layers tests/policy tests/test_policy.py tests/test_layers.py "
        "tests/test_cost.py",
    ),
    "credentials": (
        "auth/*.py layers/authentication.py",
        "tests/auth tests/test_policy.py tests/test_options.py",
    ),
    "bodies": ("body/*.py layers/body.py", "tests/body"),
    "schemas": ("body/schema/*.py body/patterns/*.py", f"{OPENAPI} tests/body"),
}

#: The tests of which is recorded what they run.
TESTS = (
    "tests/rules tests/auth tests/body tests/layers tests/policy tests/bypass tests/logs "
    "tests/test_layers.py tests/test_options.py tests/test_policy.py tests/test_problem.py "
    f"tests/test_request.py tests/test_wrap.py {OPENAPI}"
)

#: Not among them: they start browsers and servers, or are about other code.
LEFT_OUT = ("browser", "gunicorn", "policy/test_schema")

#: Why a fault makes no difference that a test could see, by what `key` gives.
EXPLAINED = Path(__file__).parent / "mutants.json"
VERDICTS = ("killed", "too slow", "survived")


def expanded(words):
    """The test files that folders stand for."""
    for name in words.split():
        found = sorted((ROOT / name).rglob("test_*.py")) if "." not in name else [ROOT / name]
        for file in found:
            if not any(word in str(file.relative_to(ROOT)) for word in LEFT_OUT):
                yield str(file.relative_to(ROOT))


def modules():
    """(part, module) of all."""
    for part, (patterns, _) in PARTS.items():
        for pattern in patterns.split():
            for file in sorted((ROOT / "statusware").glob(pattern)):
                yield part, str(file.relative_to(ROOT / "statusware"))


def listed(every):
    """(part, module, operator, occurrence) of all faults; kept for each source."""
    kept = WORK / "faults.json"
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for part, module in modules():
        source = (ROOT / "statusware" / module).read_text("utf-8")
        digest = hashlib.sha256(source.encode()).hexdigest()
        if digest not in known:
            known[digest] = list(faults(source, every))
            kept.write_text(json.dumps(known), "utf-8")
        yield from ((part, module, name, at) for name, at in known[digest])


def ordered(found, seed):
    """In an order that depends on the seed, and for no fault on the other modules."""
    return sorted(found, key=lambda each: hashlib.sha256(f"{seed} {each}".encode()).digest())


@cache
def flat(module):
    """The source as `where` tells of it."""
    lines = (ROOT / "statusware" / module).read_text("utf-8").splitlines()
    return " ".join(line.strip() for line in lines)


class Results:
    """What became of each fault, kept in a file: the first verdict, and the last."""

    def __init__(self, file):
        self.file, self.first, self.last, self.gone = file, {}, {}, set()
        for line in file.read_text("utf-8").splitlines() if file.exists() else ():
            result = json.loads(line)
            if result["before"] in flat(result["module"]):  # the code may have been changed since
                self._take(result)
            else:
                self.gone.add(key(result))

    def _take(self, result):
        self.first.setdefault(key(result), result)
        self.last[key(result)] = result

    def add(self, result):
        """Keep a verdict, and print it."""
        self._take(result)
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result) + "\n")
        shown = ("verdict", "module", "line", "before", "after", "by", "seconds")
        print(*(result[name] for name in shown), sep=" | ", file=sys.stderr, flush=True)

    def survivors(self):
        """Those of which no verdict is better."""
        return [each for each in self.last.values() if each["verdict"] == "survived"]


def key(result):
    """Module and change; the number of the line may move."""
    return f"{result['module']}: {result['before']} => {result['after']}"


def made(bench, chosen, every):
    """A fault: its source, and what is to be known of it; None where it is none."""
    part, module, name, at = chosen
    source = (bench.package / module).read_text("utf-8")
    changed = mutate(source, name, every[name], at)
    if changed is None:
        return None
    line, before, after = where(source, changed)
    result = {"part": part, "module": module, "operator": name, "at": at, "line": line}
    return changed, {**result, "before": before, "after": after}


def judged(results, result, judge, *wants):
    """Judge a fault, and keep what comes of it."""
    begin = time.monotonic()
    verdict, by = judge(result["module"], result["line"], *wants)
    seconds = round(time.monotonic() - begin, 1)
    results.add({**result, "verdict": verdict, "by": by, "seconds": seconds})


def run(options, every, results):
    """Try a sample."""
    bench = Bench(WORK / "copy", WORK / "tests.json", list(expanded(TESTS)))
    end = time.monotonic() + options.seconds
    for chosen in ordered(listed(every), options.seed):
        if len(results.last) >= options.sample or time.monotonic() > end:
            break
        found = made(bench, chosen, every)
        if found and key(found[1]) not in results.last:
            judged(results, found[1], bench.judge, found[0])


def again(options, every, results):
    """Try what survived and nothing explains with the tests as they are now."""
    known = json.loads(EXPLAINED.read_text("utf-8"))
    survivors = {key(each): each for each in results.survivors() if key(each) not in known}
    survivors = {name: each for name, each in survivors.items() if options.again in name}
    bench = Bench(WORK / "again", WORK / "tests.json", list(expanded(TESTS)))
    end = time.monotonic() + options.seconds
    names = ("part", "module", "operator", "at")
    faults = [tuple(each[name] for name in names) for each in survivors.values()]
    for chosen in chain(faults, listed(every)):  # then those that have moved
        left = {(each["module"], each["operator"]) for each in survivors.values()}
        late = time.monotonic() > end or chosen[1:3] not in left
        found = None if late else made(bench, chosen, every)
        if found and survivors.pop(key(found[1]), None):
            judged(results, found[1], bench.again, found[0], list(expanded(PARTS[chosen[0]][1])))


def main(argv=None):
    """Run, print, and return how many survivors are not explained."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=3600, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", nargs="?", const="", help="what survived (with TEXT in it)")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    parser.add_argument("--told", action="store_true", help="run nothing, tell what is known")
    options = parser.parse_args(argv)
    WORK.mkdir(exist_ok=True)
    results = Results(WORK / f"seed-{options.seed}.jsonl")
    every = operators(WORK / "lib")
    if not options.told:
        (run if options.again is None else again)(options, every, results)
    return told(options, results, sum(1 for _ in listed(every)))


def told(options, results, total):
    """Print (and write) the tables; how many survivors are not explained."""
    known = json.loads(EXPLAINED.read_text("utf-8"))
    survivors = results.survivors()
    section = Section("mutants", "cosmic-ray", command=f"make mutants SAMPLE={options.sample}")
    table(section, results, Recorded(WORK / "tests.json"))
    own = Counter(each["verdict"] for each in results.last.values() if each["operator"] in OWN)
    section.note(
        f"A sample with seed {options.seed} of the {total:,} faults that cosmic-ray's operators "
        "and ours can make here; those that only change annotations are not counted. Ours "
        f"(a statement left out, nothing returned, a condition always or never true) were "
        f"{sum(own.values())}, of which {own['survived']} survived."
    )
    if results.gone:
        section.note(f"Not counted are {len(results.gone)} in lines that have been changed since.")
    if survivors:
        section.note("The survivors:")
        section.note("\n".join(f"- {explained(each, known)}" for each in survivors))
    section.end(options.document)
    return sum(key(each) not in known for each in survivors)


def table(section, results, tests):
    """A row for each part, and their sum."""
    section.row(
        *("part", "faults", "noticed at once", "by tests written since", "time ran out"),
        *("survived", "noticed, of all"),
    )
    for part in (*PARTS, "all"):
        counts = Counter(
            tests.outcome(results.first[key(each)], each)
            for each in results.last.values()
            if part in ("all", each["part"])
        )
        of = sum(counts.values())
        share = f"{100 * (of - counts['survived']) / of:.1f} %" if of else ""
        shown = ("killed", "since", "too slow", "survived")
        section.row(part, of, *(counts[name] for name in shown), share)


class Recorded:
    """The tests that there were when the first run began, as they were recorded."""

    def __init__(self, record):
        found = json.loads(record.read_text("utf-8")) if record.exists() else {}
        self.files, self.known = found.get("files", {}), found.get("seconds", {})
        self.now = digests(ROOT)

    def outcome(self, first, last):
        """The last verdict; "since" where it needed a test that has been written or changed."""
        file = last["by"].partition("::")[0]
        if last["verdict"] != "killed" or self.files.get(file) == self.now.get(file):
            return last["verdict"]
        new = first["verdict"] == "survived" or last["by"] not in self.known
        return "since" if new and "::" in last["by"] else "killed"


def explained(survivor, known):
    """A survivor in one line."""
    before, after = survivor["before"], survivor["after"]
    why = known.get(key(survivor), "not explained")
    return f"`{survivor['module']}` {survivor['line']}: `{before}` became `{after}`: {why}"


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # tests are known by names that may hold a set
        environ = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", __spec__.name, *sys.argv[1:]], environ)
    program(main)
