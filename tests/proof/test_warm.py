"""A fault put into code that has been imported: which functions it changes, or that it cannot."""

import pytest

from tests.proof.warm import live, patch, patches

SOURCE = """\
LIMIT = 1
class Check:
    size = 2
    def ask(self, one):
        def inner():
            return one + 1
        return inner() if one else 0
def other(): return 5
"""


@pytest.mark.parametrize(
    ("old", "new", "functions"),
    [
        ("one + 1", "one - 1", ["Check.ask", "Check.ask.<locals>.inner"]),
        ("else 0", "else 7", ["Check.ask"]),
        ("return 5", "return None", ["other"]),
        ("LIMIT = 1", "LIMIT = 2", None),
        ("size = 2", "size = 3", None),
        ("one + 1", "1", ["Check.ask"]),
        ("return inner() if one else 0", "return one", ["Check.ask"]),
    ],
)
def test_the_functions_that_a_fault_changes(old, new, functions):
    found = patches("x.py", SOURCE, SOURCE.replace(old, new))
    assert functions == (found and [one.co_qualname for one, _ in found])


def test_functions_that_are_there_get_the_new_code():
    scope = {}
    exec(compile(SOURCE, "x.py", "exec"), scope)
    ask = scope["Check"]().ask
    assert ask(3) == 4
    patch(live(), patches("x.py", SOURCE, SOURCE.replace("one + 1", "one - 1")))
    assert ask(3) == 2
    patch(live(), patches("x.py", SOURCE, SOURCE.replace("else 0", "else 7")))
    assert (ask(0), ask(3)) == (7, 4)
