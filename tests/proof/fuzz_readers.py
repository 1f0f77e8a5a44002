"""Coverage-guided fuzzing of every reader, with atheris.

python -m tests.proof.fuzz_readers [--runs 10000000] [--seconds S] [--seed 1] [--only NAME]
    [--grown 150] [--document]

atheris is put into a virtualenv of its own in .fuzz, where the corpora are kept as well, and what
came of each process with a digest of the code that it ran: what has been run is not run again, so
that a long measurement may be ended and taken up at any time. What was found to lead somewhere is
then repeated up to the size that servers take, and timed.
"""

import argparse
import ast
import hashlib
import inspect
import json
import logging
import os
import random
import re
import subprocess
import sys
import time
from functools import cache
from itertools import chain
from pathlib import Path

from tests.proof import hostile
from tests.proof.readers import READERS
from tests.proof.report import Section, program

__all__ = ["READERS", "digest", "grow", "known", "mutated", "passed", "timed"]

ROOT = Path(__file__).parent.parent.parent
WORK = ROOT / ".fuzz"
PYTHON = WORK / "venv" / "bin" / "python"

#: Seconds of processor time that no run may take.
LIMIT = 0.25

#: Runs of one process: what is lost, at most, where one is ended from outside.
PIECE = 250_000


def make():
    """The virtualenv with atheris."""
    stamp, text = WORK / "venv" / "made-from", (ROOT / "pyproject.toml").read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == text:
        return
    print("Making .fuzz ...", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", WORK / "venv"], check=True)
    install = [PYTHON, "-m", "pip", "install", "-qq", "atheris>=3.0", "--editable", f"{ROOT}[all]"]
    if subprocess.run(install, check=False).returncode:
        raise SystemExit(f"atheris cannot be installed for Python {sys.version.split()[0]}")
    stamp.write_text(text, "utf-8")


def passed(reader):
    """The modules of statusware that the starts of a reader run through."""
    files = set()

    def note(frame, event, argument):
        files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        for data in reader.starts:
            reader.read(data)
    finally:
        sys.setprofile(None)
    return sorted(file for file in files if Path(file).is_relative_to(ROOT / "statusware"))


@cache
def _passed(name):
    """The same in a process of its own: what is remembered is not run through again."""
    command = (
        f"from tests.proof.fuzz_readers import *; print(*passed(READERS[{name!r}]), sep='\\n')"
    )
    told = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return told.stdout.splitlines()


def digest(reader):
    """Of the reader, and of the modules of statusware that its starts run through."""
    parts = [inspect.getsource(reader.read).encode()]
    parts += [Path(file).read_bytes() for file in _passed(reader.name)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def known(reader, code):
    """What came of the processes that ran this code: all runs, each line kept; other runs."""
    file = WORK / reader.name / "kept.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else ()
    every = list(map(json.loads, lines))
    kept = [line for line in every if line["code"] == code]
    done = sum(line["runs"] for line in kept)
    return done, kept, sum(line["runs"] for line in every) - done


def fuzz(reader, code, runs, seconds, seed):
    """Fuzz until there are so many runs of this code, one process after the other."""
    end = time.monotonic() + seconds
    done, kept, _ = known(reader, code)
    while done < runs and (left := end - time.monotonic()) > 1:
        counted = piece(reader, min(PIECE, runs - done), int(left), seed + len(kept))
        if digest(reader) != code:
            raise SystemExit("the code was changed while it ran")
        with (WORK / reader.name / "kept.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"code": code, **counted}) + "\n")
        done, kept, _ = known(reader, code)
        if counted["fault"] or not counted["runs"]:
            break
    return done, kept


def piece(reader, runs, seconds, seed):
    """Run libFuzzer in a process of its own: what was counted, and a fault or ""."""
    folder = WORK / reader.name
    for name in ("corpus", "seeds", "found"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for at, data in enumerate(reader.starts):
        (folder / "seeds" / f"{at:03}").write_bytes(data)
    words = ("".join(f"\\x{byte:02x}" for byte in word) for word in reader.words)
    (folder / "words").write_text("".join(f'"{word}"\n' for word in words))
    (folder / "slowest").write_text("0.001\n")
    command = [
        PYTHON, "-m", "tests.proof.reader_child", reader.name, folder,
        f"-runs={runs}", f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={reader.most}",
        f"-dict={folder / 'words'}", "-timeout=10", "-reload=0", "-print_final_stats=1",
        f"-artifact_prefix={folder / 'found'}/", folder / "corpus", folder / "seeds",
    ]  # fmt: skip
    log = folder / f"log-{seed}"
    with log.open("wb") as output:
        env = dict(os.environ, PYTHONHASHSEED="0", TMPDIR=str(folder))
        ended = subprocess.run(
            command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    told = log.read_text("utf-8", "replace")
    slowest, _, data = (folder / "slowest").read_text("utf-8").partition(" ")
    if float(slowest) > LIMIT / 2:  # with instrumented code: to be timed again without
        (folder / "found" / f"slow-{seed}").write_bytes(ast.literal_eval(data))
    return {
        "runs": _most(r"(?:number_of_executed_units: |^#)(\d+)", told),
        "edges": _most(r"cov: (\d+)", told),
        "slowest": float(slowest),
        "fault": f"{reader.name}: see {log.relative_to(ROOT)}" if ended.returncode else "",
    }


def _most(pattern, text):
    return max(map(int, re.findall(pattern, text, re.MULTILINE)), default=0)


def grow(reader, inputs):
    """Each input repeated in three ways, up to the size that a server would take."""
    for data in filter(None, inputs):
        half = len(data) // 2
        for head, part in ((b"", data), (data[:1], data[1:]), (data[:half], data[half:])):
            if part:
                yield (head + part * (reader.grown // len(part)))[: reader.grown]


def mutated(reader, rng):
    """A start with a few changes, made without looking at what they cover."""
    data = rng.choice(reader.starts)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at, end = rng.randint(0, len(data)), rng.randint(0, 4)
        other = rng.choice(reader.starts)
        part = rng.choice((
            rng.choice(reader.words), rng.randbytes(1), b"", data[at : at + 8],
            other[: rng.randint(0, len(other))],
        ))  # fmt: skip
        data = data[:at] + part + data[at + end :]
    return data[: reader.most]


def timed(reader, inputs):
    """(How many were read, seconds of processor time of the slowest, faults)."""
    took, faults = [], []
    for data in inputs:
        try:
            took.append(_taken(reader, data))
            if took[-1] > LIMIT:  # again, as anything may have come in between
                took[-1] = min(took[-1], _taken(reader, data), _taken(reader, data))
        except Exception as error:
            faults.append(f"{reader.name}: {error!r} of {data[:200]!r}")
        if took and took[-1] > LIMIT:
            faults.append(
                f"{reader.name}: {took[-1]:.3f} seconds, {len(data)} of {data[:80]!r} ..."
            )
    return len(took), max(took, default=0), faults


def _taken(reader, data):
    """Seconds of processor time of the slowest way alone."""
    took = []
    for read in reader.alone:
        began = time.thread_time()
        read(data)
        took.append(time.thread_time() - began)
    return max(took)


def corpus(name, seed, most):
    """Some of the inputs that led somewhere."""
    files = sorted((WORK / name / "corpus").iterdir())
    return [file.read_bytes() for file in random.Random(seed).sample(files, min(most, len(files)))]


def again(reader):
    """What has been a fault at any time, read once more: (how many, seconds, faults)."""
    found = (file.read_bytes() for file in sorted((WORK / reader.name / "found").iterdir()))
    return timed(reader, found)


def row(section, reader, options):
    """Fuzz one reader, put its row into the table; (runs, those of earlier code, faults)."""
    share = reader.share / sum(each.share for each in READERS.values())
    runs, seconds = int(options.runs * share), options.seconds * reader.time
    print(f"{reader.name}: {runs:,} runs ...", file=sys.stderr, flush=True)
    code = digest(reader)
    done, kept = fuzz(reader, code, runs, seconds, options.seed)
    before = known(reader, code)[2]
    inputs = grow(reader, corpus(reader.name, options.seed, options.grown)) if reader.grown else ()
    made = hostile.sample(2 * options.grown, options.seed) if reader.name == "json" else ()
    count, slowest, faults = timed(reader, chain(inputs, made))
    most = max((line["slowest"] for line in kept), default=0)
    figures = (
        done,
        before,
        max((line["edges"] for line in kept), default=0),
        f"{most * 1000:.0f} ms",
    )
    grown = (
        (count, f"{reader.grown >> 10} KiB", f"{slowest * 1000:.0f} ms") if count else ("", "", "")
    )
    faults += [*filter(None, (line["fault"] for line in kept)), *again(reader)[2]]
    section.row(reader.name, *map(_told, (*figures, *grown, len(faults))))
    return done, before, faults


def _told(cell):
    return f"{cell:,}" if isinstance(cell, int) else cell


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000_000, help="in all")
    parser.add_argument("--seconds", type=float, default=7200, help="at most, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--grown", type=int, default=150, help="of the inputs that led somewhere")
    parser.add_argument("--only", choices=READERS, action="append")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    logging.getLogger("statusware").setLevel(logging.CRITICAL)
    make()
    section = Section(
        "readers", "webob", "orjson", "jsonschema-rs", "PyJWT", command=_command(options)
    )
    section.row("reader", "runs", "before", "edges", "slowest", "grown", "to", "slowest", "faults")
    total, earlier, every = 0, 0, []
    for name in options.only or READERS:
        runs, before, faults = row(section, READERS[name], options)
        total, earlier, every = total + runs, earlier + before, every + faults
    section.note(
        f"{total:,} runs of the code as it was when this was written, {earlier:,} more before, when "
        f"a module that they run through was not yet as it is; {len(every)} faults. Times are of the "
        f"processor: of the runs with instrumented code, which takes four to six times as long (what "
        f"came near the limit there was timed again without), of the grown inputs without; seeds "
        f"from {options.seed}."
    )
    if total + earlier < options.runs and not options.only:
        section.note(
            f"It was ended before it came to the {options.runs:,} runs that it is to reach."
        )
    section.end(options.document, every)
    return len(every)


def _command(options):
    return f"make fuzz-readers RUNS={options.runs}"


if __name__ == "__main__":
    program(main)
