"""The public test suites of four frameworks, with statusware around every app: `make suites`.

    run.py [NAMES]

Source packages, virtualenv and logs are kept in `.suites/`. Every suite runs bare first;
with `[api] paths` outside of what its tests ask for, every test has to end as it did then,
and otherwise those alone may fail that suites.toml lists, and all of them have to.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".suites"
PYTHON = WORK / "venv" / "bin" / "python"
STAMP = WORK / "made-from"
COLUMNS = ("suite", "mode", "requests", "passed", "failed as expected", "skipped")


def make(suites):
    """The virtualenv and the unpacked source packages, where they are missing or out of date."""
    wanted = (HERE / "requirements.txt").read_text() + repr(suites) + sys.version + str(ROOT)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Making .suites ...", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", WORK / "venv"], check=True)
    for name, suite in suites.items():
        unpack(name, suite["version"])
    pip("install", "-r", HERE / "requirements.txt")
    pip("install", "--no-deps", *map(source, suites), "--editable", ROOT)
    (WORK / "pytest.ini").touch()  # or a suite without one would be run with ours
    STAMP.write_text(wanted)


def unpack(name, version):
    """Fetch and unpack the source package of one version."""
    for folder in (WORK / "packages" / name, WORK / "sources" / name):
        shutil.rmtree(folder, ignore_errors=True)
    folder = WORK / "packages" / name
    pip("download", "--no-deps", "--no-binary", name, "--dest", folder, f"{name}=={version}")
    [package] = folder.iterdir()
    with tarfile.open(package) as archive:
        archive.extractall(WORK / "sources" / name, filter="data")


def source(name):
    """The one folder of a source package."""
    [folder] = (WORK / "sources" / name).iterdir()
    return folder


def pip(*arguments):
    """Run pip, which finds the packages as it is configured to."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "-qq", *arguments]
    subprocess.run(command, check=True)


def run(name, suite, mode):
    """How each test of a suite ended, and how many requests went through statusware."""
    result = WORK / f"{name}-{mode}.json"
    result.unlink(missing_ok=True)
    env = dict(os.environ, SUITE=name, SUITE_MODE=mode, SUITE_RESULT=str(result))
    env["PYTHONPATH"] = str(HERE)
    command = [PYTHON, "-m", "pytest", "-q", "--tb=short", "--rootdir", ".", suite["tests"]]
    command += ["-p", "around", "-p", "no:cacheprovider"]
    log, to = WORK / f"{name}-{mode}.log", subprocess.STDOUT
    with log.open("wb") as output:
        subprocess.run(command, cwd=source(name), env=env, stdout=output, stderr=to, check=False)
    if not result.exists():
        sys.exit(f"{name}: pytest did not run; see {log.relative_to(ROOT)}")
    found = json.loads(result.read_text())
    return found["outcomes"], found["served"]


def differences(outcomes, bare, expected):
    """What is not as it has to be: one line for each test."""
    for test in sorted(outcomes.keys() | bare.keys() | expected.keys()):
        was, how = bare.get(test, "missing"), outcomes.get(test, "missing")
        kind = how.partition("\n")[0]
        if test not in expected and kind != was.partition("\n")[0]:
            yield f"{test}: {kind}, and it is not listed"
        elif test in expected and kind != "failed":
            yield f"{test}: {kind}, and it is listed"
        elif expected.get(test, "") not in how:
            yield f"{test}: failed for another reason than {expected[test]!r}"


def rows_of(name, suite):
    """A row of the table for each mode, and what is wrong there."""
    bare, _ = run(name, suite, "bare")
    kinds = {test: how.partition("\n")[0] for test, how in bare.items()}
    failed = [f"{test}: {kind}" for test, kind in kinds.items() if kind == "failed"]
    yield row(name, "bare", 0, bare), [f"{name}, bare: {line}" for line in failed]
    for mode, kinds in suite["modes"].items():
        expected = {test: why for kind in kinds for test, why in suite[kind].items()}
        outcomes, served = run(name, suite, mode)
        wrong = list(differences(outcomes, bare, expected))
        if not served:
            wrong.append("no request went through statusware")
        yield row(name, mode, served, outcomes), [f"{name}, {mode}: {line}" for line in wrong]


def row(name, mode, served, outcomes):
    """The cells of one run."""
    counts = Counter(how.partition("\n")[0] for how in outcomes.values())
    return (name, mode, served, *(counts[key] for key in ("passed", "failed", "skipped")))


def tell(cells):
    """One line of the table, as soon as it is known."""
    name, mode, *numbers = map(str, cells)
    widths = map(len, COLUMNS[2:])
    columns = (number.rjust(width) for number, width in zip(numbers, widths, strict=True))
    print(f"{name:8}{mode:13}" + "  ".join(columns), flush=True)


def main(names):
    suites = tomllib.loads((HERE / "suites.toml").read_text())
    if unknown := set(names) - suites.keys():
        sys.exit(f"{', '.join(sorted(unknown))}: unknown; there are {', '.join(suites)}")
    WORK.mkdir(exist_ok=True)
    make(suites)
    wrong = []
    tell(COLUMNS)
    for name in names or suites:
        for cells, lines in rows_of(name, suites[name]):
            tell(cells)
            wrong += lines
    if wrong:
        sys.exit("\n" + "\n".join(wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
