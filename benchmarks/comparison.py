"""The tables of docs/comparison.md, made from the results of the last whole run.

python benchmarks/comparison.py           # prints them
python benchmarks/comparison.py --write   # puts them into the page
"""

import json
import re
import sys
from pathlib import Path

import job
import report

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "comparison.md"

#: The cases that the page has, in its order.
SHOWN = "baecg"

_MARK = re.compile(r"(<!-- made by: benchmarks/comparison.py -->\n).*?(<!-- end -->)", re.DOTALL)


def tables(result):
    """What the page says of a run, as Markdown."""
    return f"{_times(result)}\n{_answers(result)}\n{_versions(result)}"


def _times(result):
    """CPU time by contestant and case, the fastest POST first."""
    names = [job.CASES[case].what for case in SHOWN]
    lines = [
        f"Microseconds of CPU for a request, median; measured on {result['date']} with Python "
        f"{result['python']}:",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(SHOWN)}",
    ]
    for name in sorted(result["table"], key=lambda name: result["table"][name]["b"][0]):
        wrong = result["wrong"].get(name, {})
        cells = [
            f"{result['table'][name][case][0]:.0f}{' (wrong)' if case in wrong else ''}"
            for case in SHOWN
        ]
        lines.append(f"| {report.LABELS[name]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _answers(result):
    """How many of the requests each has answered rightly, and which not."""
    lines = [f"| | right answers of {len(job.ALL)} | wrong |", "|---|---:|---|"]
    compared = [name for name in result["table"] if name != "bare_flask"]
    for name in sorted(compared, key=lambda name: len(result["wrong"].get(name, ()))):
        wrong = result["wrong"].get(name, {})
        told = "; ".join(f"{job.ALL[case].what}: {_verdict(wrong[case])}" for case in wrong)
        lines.append(f"| {report.LABELS[name]} | {len(job.ALL) - len(wrong)} | {told} |")
    return "\n".join(lines) + "\n"


def _verdict(text):
    """What came instead, in a word or two."""
    if text.startswith("raises"):
        return "an exception leaves the app"
    status = re.search(r": (\d{3}) ", text)
    return f"{status[1]}{' as HTML' if 'not JSON' in text else ''}" if status else text


def _versions(result):
    """The versions of what was compared."""
    found = {}
    for versions in result["versions"].values():
        found.update({name.lower(): f"{name} {version}" for name, version in versions.items()})
    return f"Versions: {', '.join(found[name] for name in sorted(found))}.\n"


def write(result):
    """Put the tables into the page."""
    text = PAGE.read_text("utf-8")
    made = _MARK.sub(lambda found: f"{found[1]}\n{tables(result)}\n{found[2]}", text)
    PAGE.write_text(made, "utf-8")


if __name__ == "__main__":
    last = json.loads((HERE / "results.json").read_text("utf-8"))
    if sys.argv[1:] == ["--write"]:
        write(last)
    else:
        sys.stdout.write(tables(last))
