"""What pip-audit says of everything that statusware installs, with all extras.

python -m tests.proof.audit [--document]

What cannot be looked up counts as a fault: the database may not be reachable.
"""

import argparse
import json
import subprocess
import sys

from tests.proof.report import Section, program
from tests.proof.versions import ROOT, WORK, uv

__all__ = ["counted"]


def audited():
    """What pip-audit found of the newest versions of `statusware[all]`."""
    folder, wanted = WORK / "audit", WORK / "audit.txt"
    if not (folder / "bin" / "pip-audit").exists():
        uv("venv", "-q", "--clear", "--python", sys.executable, folder)
        uv("pip", "install", "-q", "--python", folder / "bin" / "python", "pip-audit")
    uv("pip", "compile", "-q", "--no-header", "--no-annotate", "--extra", "all",
       "--python-version", "3.11", "-o", wanted, ROOT / "pyproject.toml")  # fmt: skip
    command = [folder / "bin" / "pip-audit", "-r", wanted, "--no-deps", "--disable-pip"]
    ended = subprocess.run([*command, "-f", "json"], capture_output=True, text=True, check=False)
    return json.loads(ended.stdout or '{"dependencies": []}')["dependencies"]


def counted(found):
    """(How many were looked up, names of those that were not, lines of what is known)."""
    skipped = [each["name"] for each in found if "skip_reason" in each]
    known = [
        f"{each['name']} {each['version']}: {vulnerability['id']}"
        for each in found
        for vulnerability in each.get("vulns", ())
    ]
    return len(found) - len(skipped), skipped, known


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    WORK.mkdir(exist_ok=True)
    looked_up, skipped, known = counted(audited())
    section = Section("audit", command="make audit")
    section.row("packages", "looked up", "could not be", "known to be vulnerable")
    section.row(looked_up + len(skipped), looked_up, len(skipped), len(known))
    if skipped:
        section.note(
            "Not a result: what could not be looked up was not checked. The database of "
            "vulnerabilities was not reachable from where this ran."
        )
    section.end(options.document, [*known, *(f"not looked up: {name}" for name in skipped)])
    return len(known) + len(skipped)


if __name__ == "__main__":
    program(main)
