"""docs/errors.md says what the code does."""

import re
import tomllib
from pathlib import Path

import pytest

from statusware import Problem, wrap
from statusware.cli import main
from tests.layers.tools import responding

TEXT = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_its_table_of_codes_is_that_of_the_command(capsys):
    main(["problems", "--format", "md"])
    assert capsys.readouterr().out in TEXT


@pytest.mark.parametrize("text", blocks("toml"))
def test_its_policies_are_policies(text):
    wrap(responding(), tomllib.loads(text))


@pytest.mark.parametrize("text", blocks("python"))
def test_its_python_runs(text):
    names = {}
    if "raise Problem" in text:
        with pytest.raises(Problem):
            exec(text, names)
    else:
        exec(text, names)


def test_its_options_and_loggers_exist():
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parent.parent / "statusware").rglob("*.py")
    )
    for name in ("statusware.envelope", "statusware.lint", "class ThreadWorker", '"merge"'):
        assert name in source
