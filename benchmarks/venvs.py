"""One virtualenv for each file in `requirements/`, made where it is missing or out of date."""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: Where they are made: `make clean` removes them.
VENVS = HERE.parent / ".bench"


def venv_of(contestant):
    """The virtualenv that a contestant says it needs."""
    source = (HERE / "contestants" / f"{contestant}.py").read_text()
    return re.search(r'^VENV = "(\w+)"', source, re.MULTILINE)[1]


def python_of(venv):
    """The interpreter of a virtualenv."""
    return VENVS / venv / "bin" / "python"


def make(venv):
    """Make a virtualenv; the last line of what pip said if that fails, else None."""
    wanted = (HERE / "requirements" / f"{venv}.txt").read_text()
    folder, stamp = VENVS / venv, VENVS / venv / "made-from"
    if stamp.exists() and stamp.read_text() == wanted + sys.version:
        return None
    print(f"Making .bench/{venv} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "venv", "--clear", folder]
    subprocess.run(command, check=True, capture_output=True)
    requirements = HERE / "requirements" / f"{venv}.txt"
    pip = [python_of(venv), "-m", "pip", "install", "-q", "-r", requirements]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    stamp.write_text(wanted + sys.version)
    return None
