"""What is known against everything that statusware installs, with all extras.

python -m tests.proof.audit [--document]

pip-audit asks PyPI about each version. An index that does not answer for single versions may
do so for the newest of each project: these are asked for what pip-audit could not look up. A
release known to be vulnerable is asked about in both ways; where nothing is said of it, the
silence about others is no result. What cannot be looked up counts as a fault.
"""

import argparse
import json
import subprocess
import sys
import urllib.request

from tests.proof.report import Section, program
from tests.proof.versions import ROOT, WORK, uv

__all__ = ["audited", "by_project", "counted"]

#: The last release of an abandoned project, with a hole that was never mended.
CONTROL = ("pycrypto", "2.6.1")

PROJECT = "https://pypi.org/pypi/{}/json"


def by_version(pins):
    """What pip-audit says of each pin, `name==version`; nothing where it fails."""
    folder, wanted = WORK / "audit", WORK / "audit.txt"
    if not (folder / "bin" / "pip-audit").exists():
        uv("venv", "-q", "--clear", "--python", sys.executable, folder)
        uv("pip", "install", "-q", "--python", folder / "bin" / "python", "pip-audit>=2.9")
    wanted.write_text("\n".join(pins) + "\n", "utf-8")
    command = [folder / "bin" / "pip-audit", "-r", wanted, "--no-deps", "--disable-pip"]
    ended = subprocess.run([*command, "-f", "json"], capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout or '{"dependencies": []}')["dependencies"]
    if not told:
        print(ended.stderr.strip().rpartition("\n")[2], file=sys.stderr)
    return {each["name"].lower(): each for each in told}


def project(name):
    """The document of a project, as PyPI publishes it; empty where it cannot be had."""
    try:
        with urllib.request.urlopen(PROJECT.format(name), timeout=60) as answer:
            return json.load(answer)
    except (OSError, ValueError) as failed:
        print(f"{name}: {failed}", file=sys.stderr)
        return {}


def by_project(name, version, document):
    """The same in the form of pip-audit, from the document of a project.

    It tells what is known of the newest release; withdrawn reports are none.
    """
    if document.get("info", {}).get("version") != version or "vulnerabilities" not in document:
        return {"name": name, "version": version, "skip_reason": "not the newest release"}
    vulns = [each for each in document["vulnerabilities"] if not each.get("withdrawn")]
    return {"name": name, "version": version, "vulns": vulns}


def audited(pinned, by_version, project):
    """(Of each pin what is known, how many were looked up by version, whether it can be trusted).

    `pinned` are pairs of name and version. One that neither way knows stays "skipped".
    """
    asked = by_version([f"{name}=={version}" for name, version in [*pinned, CONTROL]])
    versions = bool(asked.get(CONTROL[0], {}).get("vulns"))
    found = {name: asked[name] for name, _ in pinned if versions and "vulns" in asked.get(name, {})}
    looked_up = len(found)
    projects = bool(by_project(*CONTROL, project(CONTROL[0])).get("vulns"))
    for name, version in pinned:
        if name not in found:
            document = project(name) if projects else {}
            found[name] = by_project(name, version, document)
    return list(found.values()), looked_up, versions or projects


def counted(found):
    """(How many were looked up, names of those that were not, lines of what is known)."""
    skipped = [each["name"] for each in found if "skip_reason" in each]
    known = [
        f"{each['name']} {each['version']}: {vulnerability['id']}"
        for each in found
        for vulnerability in each.get("vulns", ())
    ]
    return len(found) - len(skipped), skipped, known


def installed():
    """The newest versions of all that `statusware[all,demo]` brings: pairs of name and version."""
    listed = uv("pip", "compile", "-q", "--no-header", "--no-annotate", "--extra", "all",
                "--extra", "demo", "--python-version", "3.11", "--upgrade",
                ROOT / "pyproject.toml", capture_output=True, text=True)  # fmt: skip
    pins = [line.split(";")[0].strip() for line in listed.stdout.splitlines() if "==" in line]
    return [tuple(pin.split("==")) for pin in pins]


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    WORK.mkdir(exist_ok=True)
    found, one_by_one, trusted = audited(installed(), by_version, project)
    looked_up, skipped, known = counted(found)
    section = Section("audit", command="make audit")
    section.row("packages", "looked up", "could not be", "known to be vulnerable")
    section.row(len(found), looked_up, len(skipped), len(known))
    if looked_up:
        told = ", ".join(f"{each['name']} {each['version']}" for each in found)
        section.note(
            f"{one_by_one} by pip-audit, {looked_up - one_by_one} by what the index tells of the "
            f"newest release of each project; {' '.join(CONTROL)}, which is known to be "
            "vulnerable, was asked about in the same way, and found so."
        )
        section.note(f"These are: {told}.")
    if skipped:
        section.note("What could not be looked up was not checked.")
    faults = [*known, *(f"not looked up: {name}" for name in skipped)]
    if not trusted:
        faults.append(f"{' '.join(CONTROL)} was not found to be vulnerable")
    section.end(options.document, faults)
    return len(faults)


if __name__ == "__main__":
    program(main)
