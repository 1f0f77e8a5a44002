"""The figures of docs/comparison.md are those of the last run."""

import subprocess
import sys

from .blocks import ROOT, read


def test_the_tables_are_those_of_the_results():
    done = subprocess.run(
        [sys.executable, "benchmarks/comparison.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = "run benchmarks/comparison.py --write"
    assert done.stdout in read("docs/comparison.md"), told


def test_no_other_figure_stands_in_its_text():
    """A new run replaces the tables, so the text around them must not quote the old one."""
    page = read("docs/comparison.md")
    start, _, rest = page.partition("<!-- made by")
    text = start + rest.partition("<!-- end -->")[2]
    for figure in ("µs", " times as", "percent faster", "x faster"):
        assert figure not in text
