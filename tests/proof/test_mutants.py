"""The program that puts faults into the code: the faults it makes, and what it says of tests."""

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.proof.mutants import PARTS, Recorded, Results, explained, modules, table
from tests.proof.mutations import OWN, mutate, same, where
from tests.proof.noticing import _statement
from tests.proof.report import Section

SOURCE = '''\
def check(one, two):
    """Of one."""
    if one:  # é
        raise ValueError(
            "é", one)
    log("é"); two[one] = 1
    return refuse(one) if two else None
'''


@pytest.mark.parametrize(
    ("name", "at", "line", "after"),
    [
        ("own/LeaveOut", 0, 6, 'pass; two[one] = 1'),
        ("own/LeaveOut", 1, 6, 'log("é"); pass'),
        ("own/LeaveOut", 2, 4, "pass"),
        ("own/ReturnNone", 0, 7, "return None"),
        ("own/AlwaysTrue", 0, 3, "if True:  # é"),
        ("own/NeverTrue", 1, 7, "return refuse(one) if False else None"),
    ],
)  # fmt: skip
def test_what_is_left_out(name, at, line, after):
    changed = mutate(SOURCE, name, OWN[name], at)
    number, _, became = where(SOURCE, changed)
    assert (number, became) == (line, after)


def test_code_for_type_checkers_alone_has_no_faults():
    source = "if TYPE_CHECKING:\n    import a\nwhile one:\n    one = two\nreturn None\n"
    assert [find for find, _ in OWN.values() if any(map(find, ast.walk(ast.parse(source))))] == []


def test_annotations_are_not_code():
    assert same("def f(a: int | None) -> int: pass", "def f(a: int + None) -> str: pass")
    assert not same("x = 1 | 2", "x = 1 + 2")


def test_what_cosmic_ray_cannot_replace_is_no_fault(monkeypatch):
    def mutate_code(source, operator, at):
        raise AttributeError("'PythonNode' object has no attribute 'value'")

    monkeypatch.setitem(
        sys.modules, "cosmic_ray.mutating", SimpleNamespace(mutate_code=mutate_code)
    )
    assert mutate(SOURCE, "core/ExceptionReplacer", None, 0) is None


@pytest.mark.parametrize(("line", "lines"), [(1, [1]), (3, [3]), (5, [4, 5]), (7, [7])])
def test_a_line_belongs_to_its_statement(line, lines):
    assert list(_statement(SOURCE, line)) == lines


def test_each_module_has_one_part():
    found = [module for _, module in modules()]
    assert len(found) == len(set(found))
    assert {"rules/decision.py", "auth/jose.py", "body/schema/objects.py"} < set(found)


def _results(tmp_path, *verdicts):
    results = Results(tmp_path / "results")
    for verdict, by in verdicts:
        place = {
            "part": "matching",
            "module": "errors.py",
            "before": "import",
            "after": "2",
            "line": 3,
        }
        results.add({**place, "verdict": verdict, "by": by, "seconds": 0})
    return results


#: Tests that were there; the second file has been changed.
OLD, CHANGED, NEW = "tests/a.py::one", "tests/b.py::one", "tests/b.py::two"
RECORD = {"files": {"tests/a.py": "1", "tests/b.py": "2"}, "seconds": {OLD: 1, CHANGED: 1}}


@pytest.mark.parametrize(
    ("verdicts", "row"),
    [
        ([("killed", OLD)], "| 1 | 1 | 0 | 0 | 0 | 100.0 % |"),
        ([("killed", CHANGED)], "| 1 | 1 | 0 | 0 | 0 | 100.0 % |"),
        ([("killed", NEW)], "| 1 | 0 | 1 | 0 | 0 | 100.0 % |"),
        ([("killed", "tests/b.py (import)")], "| 1 | 1 | 0 | 0 | 0 | 100.0 % |"),
        ([("survived", "")], "| 1 | 0 | 0 | 0 | 1 | 0.0 % |"),
        ([("survived", ""), ("killed", NEW)], "| 1 | 0 | 1 | 0 | 0 | 100.0 % |"),
        ([("survived", ""), ("killed", CHANGED)], "| 1 | 0 | 1 | 0 | 0 | 100.0 % |"),
        ([("survived", ""), ("killed", OLD)], "| 1 | 1 | 0 | 0 | 0 | 100.0 % |"),
        ([("too slow", "")], "| 1 | 0 | 0 | 1 | 0 | 100.0 % |"),
    ],
)
def test_what_new_tests_notice_is_told_apart(tmp_path, verdicts, row):
    (tmp_path / "record").write_text(json.dumps(RECORD), "utf-8")
    tests = Recorded(tmp_path / "record")
    tests.now = {"tests/a.py": "1", "tests/b.py": "3"}
    section = Section("mutants")
    table(section, _results(tmp_path, *verdicts), tests)
    assert f"| all {row}" in section.text()
    again = Results(tmp_path / "results")
    assert len(again.survivors()) == (verdicts[-1][0] == "survived")


def test_what_was_found_in_code_that_is_gone_is_forgotten(tmp_path):
    place = {"module": "errors.py", "before": "no such line", "after": "2", "line": 3}
    told = {**place, "verdict": "survived", "by": "", "seconds": 0}
    (tmp_path / "results").write_text(json.dumps(told), "utf-8")
    results = Results(tmp_path / "results")
    assert (results.survivors(), len(results.gone)) == ([], 1)


def test_survivors_are_explained():
    survivor = {"module": "a.py", "before": "1", "after": "2", "line": 3}
    assert explained(survivor, {"a.py: 1 => 2": "equal"}) == "`a.py` 3: `1` became `2`: equal"
    assert explained(survivor, {}).endswith(": not explained")


def test_explanations_are_of_code_that_is_there():
    known = json.loads(Path(__file__).with_name("mutants.json").read_text("utf-8"))
    files = {module for _, module in modules()}
    assert {name.partition(":")[0] for name in known} <= files
    assert set(PARTS) == {part for part, _ in modules()}
