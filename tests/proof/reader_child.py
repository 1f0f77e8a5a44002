"""One reader under atheris, until libFuzzer ends the process.

python -m tests.proof.reader_child NAME FOLDER [libFuzzer's arguments]

Started by tests.proof.fuzz_readers, in a virtualenv that has atheris. The slowest run stands
in FOLDER/slowest afterwards (seconds of processor time, and the input).
"""

import logging
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["statusware", "tomllib", "webob", "json"]):
    from tests.proof.readers import READERS

#: Seconds of processor time that no run may take here: instrumented code takes four to six times as
#: long. What comes near it is timed again without, where the limit is a quarter of this.
LIMIT = 1.0


class TooSlow(Exception):
    """A run that took longer than `LIMIT`, three times."""


def taken(read, data):
    """Seconds of processor time."""
    began = time.thread_time()
    read(data)
    return time.thread_time() - began


def watched(read, kept):
    """A function that runs `read`, and keeps the slowest run in a file."""
    worst = 0.001

    def run(data):
        nonlocal worst
        took = taken(read, data)
        if took > worst:
            # Once more, as anything may have come in between.
            worst = max(worst, min(took, taken(read, data)))
            kept.write_text(f"{worst:.4f} {data!r}\n", "utf-8")
            if took > LIMIT and min(taken(read, data), taken(read, data)) > LIMIT:
                raise TooSlow(f"{took:.3f} seconds")

    return run


if __name__ == "__main__":
    name, folder, *arguments = sys.argv[1:]
    logging.getLogger("statusware").setLevel(logging.CRITICAL)
    atheris.Setup([sys.argv[0], *arguments], watched(READERS[name].read, Path(folder) / "slowest"))
    atheris.Fuzz()
