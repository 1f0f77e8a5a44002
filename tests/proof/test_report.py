"""What the programs write into docs/reliability.md."""

import re
from pathlib import Path

import pytest

from tests.proof.report import PAGE, Section, write

HERE = Path(__file__).parent
PROGRAMS = [*sorted(HERE.glob("[!_t]*.py")), HERE.parent / "bypass" / "fuzz.py"]


def test_a_table_goes_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- x: begin -->\nold\n<!-- x: end -->\n<!-- y: begin -->\n<!-- y: end -->\n"
    )
    write("x", r"new \1 text", page)
    write("x", r"newer \1 text", page)
    kept = page.read_text()
    assert kept.startswith("a\n<!-- x: begin -->\n\nnewer \\1 text\n\n<!-- x: end -->\n<!-- y:")
    with pytest.raises(SystemExit, match="no markers for z"):
        write("z", "text", page)


def test_a_table_says_what_it_was_measured_with(capsys):
    section = Section("x", "pytest", command="make x")
    section.row("a", "b")
    section.row(1, 2)
    section.end(faults=["much"])
    told = capsys.readouterr().out
    assert "| a | b |\n| --- | --- |\n| 1 | 2 |" in told
    assert re.search(r"`make x`, run on \d{4}-\d\d-\d\d with Python 3\.\d+\S*, statusware", told)
    assert f"pytest {pytest.__version__}" in told
    assert "WRONG much" in told


def test_every_claim_has_its_place_in_the_page():
    text = PAGE.read_text("utf-8")
    claims = {
        claim
        for program in PROGRAMS
        for claim in re.findall(r'Section\(\s*"(\w+)"', program.read_text("utf-8"))
    }
    assert claims == set(re.findall(r"<!-- (\w+): begin -->", text))
    assert claims == set(re.findall(r"<!-- (\w+): end -->", text))
