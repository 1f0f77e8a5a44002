"""The tests with the lowest and the newest versions of every dependency, on each Python.

python -m tests.proof.versions [NAME ...] [--tests PATH ...] [--document]

Without names every environment of `ENVIRONMENTS` is made, in .versions, and runs the whole
suite. What they said is kept there, so that they can be run one after another.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.proof.report import Section, program

__all__ = ["ENVIRONMENTS", "ran"]

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / ".versions"
KEPT = WORK / "results.json"

#: Python and dependencies. What is "lowest" includes the tools of the tests; some of these ask
#: for newer versions than statusware does. "floor" is without them, and with what statusware
#: asks for.
ENVIRONMENTS = (
    *("3.11-floor", "3.11-lowest", "3.12-lowest", "3.13-lowest"),
    *("3.11-newest", "3.12-newest", "3.13-newest"),
)

#: Those tools; tests that need one skip by name.
TOOLS = ("openapi-spec-validator", "openapi-schema-validator", "schemathesis")

#: Finds the packages where pip does, and knows how to take the lowest.
UV = "uv>=0.9"


#: Pyramid 2.0 imports pkg_resources, which later ones do not have, and of which earlier ones
#: warn otherwise than setup.cfg expects.
OLD = ("setuptools>=80.9,<81",)


def uv(*arguments, **options):
    """Run uv, which has a virtualenv of its own."""
    folder = WORK / "uv"
    if not (folder / "bin" / "uv").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-qq", UV], check=True)
    env = dict(os.environ, UV_CACHE_DIR=str(WORK / "cache"), UV_NO_CONFIG="1")
    env.pop("VIRTUAL_ENV", None)
    return subprocess.run([folder / "bin" / "uv", *arguments], env=env, check=True, **options)


def interpreter(version):
    """The path of this Python, or SystemExit. That of pyenv may be there, and not work."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in (shutil.which(f"python{version}"), *kept):
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return candidate
    raise SystemExit(f"Missing: python{version}")


def make(name):
    """The virtualenv of this name, made anew if pyproject.toml has changed."""
    version, _, dependencies = name.partition("-")
    folder, text = WORK / name, (ROOT / "pyproject.toml").read_text("utf-8")
    stamp, python = folder / "made-from", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text("utf-8") != text:
        uv("venv", "-q", "--clear", "--python", interpreter(version), folder)
        low = () if dependencies == "newest" else ("--resolution", "lowest-direct", *OLD)
        uv("pip", "install", "-q", "--compile-bytecode", "--python", python, *low,
           "--editable", f"{ROOT}[test]")  # fmt: skip
        if dependencies == "floor":
            lower(python, version)
        stamp.write_text(text, "utf-8")
    return python


def lower(python, version):
    """Put the lowest that statusware asks for in the place of what the tools ask for."""
    wanted = WORK / "floor.txt"
    uv("pip", "uninstall", "-q", "--python", python, *TOOLS)
    uv("pip", "compile", "-q", "--resolution", "lowest-direct", "--python-version", version,
       "--extra", "all", "--extra", "demo", "-o", wanted, ROOT / "pyproject.toml")  # fmt: skip
    uv("pip", "install", "-q", "--no-deps", "--python", python, "-r", wanted)


def frozen(python):
    """Name and version of all that is installed."""
    listed = uv("pip", "list", "-q", "--python", python, "--format=json", capture_output=True)
    return {each["name"].lower(): each["version"] for each in json.loads(listed.stdout)}


def ran(told):
    """Of what pytest prints at the end: how many tests passed, were skipped, failed."""
    last = told.strip().splitlines()[-1] if told.strip() else ""
    found = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z]+)", last)}
    if "passed" not in found:
        found["errors"] = found.get("errors", 0) + 1
    failed = sum(found.get(word, 0) for word in ("failed", "error", "errors"))
    return found.get("passed", 0), found.get("skipped", 0), failed


#: As `make test` runs them.
PARALLEL = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")


def run(name, tests):
    """Make it, run the tests in it, and keep what came."""
    python = make(name)
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *PARALLEL]
    log = WORK / f"{name}.log"
    with log.open("wb") as output:
        subprocess.run(
            [*command, *tests], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    passed, skipped, failed = ran(log.read_text("utf-8", "replace"))
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    kept[name] = {
        "python": subprocess.run(
            [python, "-c", "import platform; print(platform.python_version())"],
            capture_output=True, text=True, check=True,
        ).stdout.strip(),
        "tests": " ".join(tests) or "all",
        "passed": passed, "skipped": skipped, "failed": failed,
        "date": time.strftime("%Y-%m-%d"),
        "with": frozen(python),
    }  # fmt: skip
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True), "utf-8")
    return failed


#: Whose versions stand in the table.
SHOWN = (
    *("werkzeug", "webob", "jsonschema", "pyjwt", "cryptography", "urllib3", "orjson"),
    *("jsonschema-rs", "pyyaml", "bcrypt", "click", "rich", "prometheus-client"),
    *("flask", "pyramid", "django", "falcon", "bottle", "gunicorn", "waitress"),
)


def table(section):
    """The rows of all that was run so far."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    section.row("Python", "dependencies", "tests", "passed", "skipped", "failed", "run on")
    for name in (name for name in ENVIRONMENTS if name in kept):
        got = kept[name]
        counts = (f"{got[key]:,}" for key in ("passed", "skipped", "failed"))
        section.row(got["python"], name.partition("-")[2], got["tests"], *counts, got["date"])
    for which in ("floor", "lowest", "newest"):
        named = [name for name in ENVIRONMENTS if name in kept and name.endswith(which)]
        if named:
            made = kept[named[0]]["with"]
            told = ", ".join(f"{each} {made[each]}" for each in SHOWN if each in made)
            section.note(f"{which.title()}, on Python {kept[named[0]]['python']}: {told}.")


def main(argv=None):
    """Run, print, and return how many tests failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--tests", nargs="*", default=[], help="instead of the whole suite")
    parser.add_argument("--table", action="store_true", help="run nothing, print what was kept")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    unknown = set(options.names) - set(ENVIRONMENTS)
    if unknown:
        parser.error(f"no such environment: {', '.join(sorted(unknown))}")
    WORK.mkdir(exist_ok=True)
    names = [] if options.table else options.names or ENVIRONMENTS
    faults = [f"{name}: {count} failed" for name in names if (count := run(name, options.tests))]
    section = Section("versions", command="make versions")
    table(section)
    section.end(options.document, faults)
    return len(faults)


if __name__ == "__main__":
    program(main)
