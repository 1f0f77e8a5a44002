"""Mutation testing: small faults put into the code, which some test has to notice.

python -m tests.proof.mutants [--sample 300] [--seconds S] [--seed 1] [--document]

The faults are those of cosmic-ray, a sample of them with a fixed seed. They are put into a copy
in .mutants; each is tried in a process forked from one that has imported what the tests need,
with the tests of its module, and if it survives those, with all tests of its part.
"""

import argparse
import ast
import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from functools import cache
from pathlib import Path

from tests.proof.report import Section, program

__all__ = ["PARTS", "same"]

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / ".mutants"
COPY = WORK / "copy"

#: Part: (tests of all of it, {module: its own tests}).
PARTS = {
    "matching": (
        "tests/rules tests/layers/test_routing.py tests/test_request.py",
        {
            "rules/pattern.py": "tests/rules/test_pattern.py",
            "rules/tree.py": "tests/rules/test_routes.py",
            "rules/route.py": "tests/rules/test_routes.py",
            "rules/routes.py": "tests/rules/test_routes.py",
        },
    ),
    "decision": (
        "tests/rules tests/layers/test_access.py tests/test_policy.py",
        {
            "rules/decision.py": "tests/rules/test_decision.py",
            "rules/principals.py": "tests/rules/test_decision.py",
            "rules/predicates.py": "tests/rules/test_decision.py",
            "layers/access.py": "tests/layers/test_access.py",
        },
    ),
    "credentials": (
        "tests/auth",
        {
            "auth/header.py": "tests/auth/test_header.py",
            "auth/basic.py": "tests/auth/test_basic.py",
            "auth/jose.py": "tests/auth/test_bearer.py",
            "auth/claims.py": "tests/auth/test_bearer.py",
            "auth/bearer.py": "tests/auth/test_bearer.py",
            "auth/apikey.py": "tests/auth/test_apikey.py",
            "auth/keys.py": "tests/auth/test_bearer.py",
            "auth/keyset.py": "tests/auth/test_jwks.py",
            "auth/authenticator.py": "tests/auth/test_authenticator.py",
            "auth/origins.py": "tests/auth/test_authenticator.py",
            "auth/identity.py": "tests/auth/test_identity.py",
            "auth/public.py": "tests/auth/test_public.py",
            "auth/strip.py": "tests/auth/test_layer.py",
            "auth/proxy.py": "tests/auth/test_schemes.py",
        },
    ),
    "bodies": (
        "tests/body/test_strict_json.py tests/body/test_read.py tests/body/test_rule.py "
        "tests/body/test_media.py tests/body/test_layer.py tests/body/test_suites.py",
        {
            "body/strict_json.py": "tests/body/test_strict_json.py",
            "body/read.py": "tests/body/test_read.py",
            "body/limit.py": "tests/body/test_read.py tests/body/test_layer.py",
            "body/rule.py": "tests/body/test_rule.py",
            "body/media.py": "tests/body/test_media.py",
        },
    ),
}

#: What is imported once, before the forks: nothing that imports statusware.
PRELOADED = (
    *("pytest", "hypothesis", "hypothesis.strategies", "werkzeug.test", "webob", "jsonschema"),
    *("jwt", "jwt.algorithms", "bcrypt", "orjson", "jsonschema_rs", "webtest", "urllib3"),
)


#: What pytest says of plugins that were imported before it.
PRELOADING = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"


def cosmic_ray():
    """The operators, by name; installed beside, so that nothing of ours depends on it."""
    folder = WORK / "lib"
    if not folder.exists():
        install = [sys.executable, "-m", "pip", "install", "-qq", "--target", folder, "cosmic-ray"]
        subprocess.run(install, check=True)
    sys.path.append(str(folder))
    plugins = importlib.import_module("cosmic_ray.plugins")
    skipped = ("Variable", "RemoveDecorator")  # they need options, or break at import
    names = [name for name in plugins.operator_names() if not any(s in name for s in skipped)]
    return {name: plugins.get_operator(name)() for name in sorted(names)}


class _Bare(ast.NodeTransformer):
    """Takes away annotations and the imports for them, of which nothing depends."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):  # ast's name
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):  # ast's name
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node):  # ast's name
        return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)


def same(one, other):
    """Whether two sources differ in annotations alone."""
    return ast.dump(_Bare().visit(ast.parse(one))) == ast.dump(_Bare().visit(ast.parse(other)))


def faults(module, operators):
    """Every mutant of a module: (operator, occurrence)."""
    trees = importlib.import_module("cosmic_ray.ast")
    tree = trees.get_ast_from_path(COPY / "statusware" / module)
    for name, operator in operators.items():
        count = sum(len(list(operator.mutation_positions(node))) for node in trees.ast_nodes(tree))
        yield from ((name, at) for at in range(count))


def mutate(source, operator, at):
    """The mutated source; None where nothing but annotations changes, or it is no Python."""
    changed = importlib.import_module("cosmic_ray.mutating").mutate_code(source, operator, at)
    if changed is None:
        return None
    try:
        with warnings.catch_warnings(action="error"):
            compile(changed, "", "exec")
    except SyntaxError:  # the `*` of a signature is no multiplication; `is` with a literal
        return None
    return None if same(source, changed) else changed


def where(source, changed):
    """(Line, the line as it was, the line as it became)."""
    old, new = source.splitlines(), changed.splitlines()
    for number, (before, after) in enumerate(zip(old, new, strict=False), 1):
        if before != after:
            return number, before.strip(), after.strip()
    return len(old), "", ""


def tried(tests, limit):
    """Whether these tests pass, in a fork; None: they take too long."""
    child = os.fork()
    if not child:
        os.setsid()
        os.chdir(COPY)
        sys.path.insert(0, str(COPY))
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        pytest = importlib.import_module("pytest")
        options = [
            "-x",
            "-q",
            "-W",
            PRELOADING,
            "-p",
            "no:cacheprovider",
            "--hypothesis-seed=0",
            *tests.split(),
        ]
        os._exit(int(pytest.main(options)) != 0)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


OURS = ("statusware", "tests", "statusware_pytest")


def judge(part, module, changed, limit):
    """ "killed", "too slow" or "survived"."""
    target = COPY / "statusware" / module
    source = target.read_text("utf-8")
    for tests in (PARTS[part][1][module], PARTS[part][0]):
        target.write_text(changed, "utf-8")
        passed = tried(tests, limit)
        target.write_text(source, "utf-8")
        if not passed:
            check(tests, limit)
            return "killed" if passed is False else "too slow"
    return "survived"


@cache
def check(tests, limit):
    """Without any fault these tests pass, or what they notice says nothing."""
    if not tried(tests, limit):
        raise SystemExit(f"fails without any fault: {tests}")


def sample(operators, size, seed):
    """(part, module, operator, occurrence) in random order; as many as there are, or `size`."""
    every = [
        (part, module, *fault)
        for part, (_, modules) in PARTS.items()
        for module in modules
        for fault in faults(module, operators)
    ]
    random.Random(seed).shuffle(every)
    return len(every), every[:size]


def run(options, operators):
    """Counts by part, and every survivor."""
    total, chosen = sample(operators, options.sample, options.seed)
    counts = {part: {"killed": 0, "too slow": 0, "survived": 0} for part in PARTS}
    survivors, end = [], time.monotonic() + options.seconds
    for part, module, name, at in chosen:
        if time.monotonic() > end:
            break
        source = (COPY / "statusware" / module).read_text("utf-8")
        changed = mutate(source, operators[name], at)
        if changed is None:
            continue
        verdict = judge(part, module, changed, options.limit)
        counts[part][verdict] += 1
        place = where(source, changed)
        print(verdict, module, *place, sep=" | ", file=sys.stderr, flush=True)
        if verdict == "survived":
            survivors.append((module, *place))
    return total, counts, survivors


def main(argv=None):
    """Run, print, and return how many survivors are not explained."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=3600, help="at most")
    parser.add_argument("--limit", type=float, default=120, help="seconds for the tests of one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    WORK.mkdir(exist_ok=True)
    operators = cosmic_ray()
    shutil.rmtree(COPY, ignore_errors=True)
    ignored = shutil.ignore_patterns(".*", "docs", "benchmarks", "__pycache__")
    shutil.copytree(ROOT, COPY, ignore=ignored)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    for name in PRELOADED:
        importlib.import_module(name)
    total, counts, survivors = run(options, operators)
    section = Section("mutants", "cosmic-ray", command=f"make mutants SAMPLE={options.sample}")
    table(section, counts)
    known = json.loads(EXPLAINED.read_text("utf-8"))
    section.note(
        f"A sample with seed {options.seed} of the {total:,} faults that cosmic-ray can make here; "
        f"those that only change annotations are not counted."
    )
    if survivors:
        section.note("The survivors:")
    section.note("\n".join(f"- {told(each, known)}" for each in survivors))
    section.end(options.document)
    return sum(key(each) not in known for each in survivors)


def table(section, counts):
    """A row for each part, and their sum."""
    section.row("part", "faults", "noticed", "time ran out", "survived", "noticed, of all")
    sums = {verdict: sum(each[verdict] for each in counts.values()) for verdict in VERDICTS}
    for name, each in (*counts.items(), ("all", sums)):
        of = sum(each.values())
        share = f"{100 * (of - each['survived']) / of:.0f} %" if of else ""
        section.row(name, of, *(each[verdict] for verdict in VERDICTS), share)


#: Why a fault makes no difference that a test could see, by what `key` gives.
EXPLAINED = Path(__file__).parent / "mutants.json"
VERDICTS = ("killed", "too slow", "survived")


def key(survivor):
    """Module and change; the number of the line may move."""
    module, _, before, after = survivor
    return f"{module}: {before} => {after}"


def told(survivor, known):
    """A survivor in one line."""
    module, line, before, after = survivor
    return f"`{module}` {line}: `{before}` became `{after}`: {known.get(key(survivor), 'not explained')}"


if __name__ == "__main__":
    program(main)
