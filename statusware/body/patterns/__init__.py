"""Patterns: the meaning of ECMA-262, in time that is linear in the text.

Python's `re` goes back and tries again, which takes exponential time for some patterns
and quadratic time for many. A pattern is looked into once, at start: most are linear and
run on `re`; those that are quadratic and need no looking around run on an automaton of our
own; all others are refused, unless the policy trusts its patterns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ...errors import PolicyError
from .linear import Growth, growth
from .python import to_python
from .shape import is_anchored, is_regular, looks, trimmed
from .stepper import Stepper
from .syntax import Tree, read

__all__ = ["compile_pattern"]

_HINT = 'write it without loops inside loops, or set patterns = "trusted" in [body]'


@lru_cache(maxsize=1000)
def compile_pattern(source: str, trust: str = "linear") -> Callable[[str], bool]:
    """A test whether the pattern matches somewhere in a text.

    With `trust` "linear", PolicyError for a pattern that cannot be shown to take time linear
    in the text; with "trusted" it is run all the same.
    """
    tree = read(source)
    anchored = is_anchored(tree)
    tree = trimmed(tree, anchored=anchored)
    if trust == "linear" and _growth(tree, anchored) is not Growth.LINEAR:
        return Stepper(tree, anchored=anchored).matches
    compiled = to_python(tree)
    find = compiled.match if anchored else compiled.search
    return lambda text: find(text) is not None


def _growth(tree: Tree, anchored: bool) -> Growth:
    """The growth of the pattern; PolicyError if it is too much for us."""
    try:
        ahead = [growth(look, anchored=True) for look in looks(tree, fixed=anchored)]
        found = growth(tree, anchored=anchored)
    except PolicyError as error:
        raise PolicyError(f"cannot be shown to run in linear time: {error}", hint=_HINT) from None
    steep = [each for each in (found, *ahead) if each is not Growth.LINEAR]
    if Growth.EXPONENTIAL in steep or (steep and not is_regular(tree)):
        raise PolicyError("cannot be shown to run in linear time", hint=_HINT)
    return found
