"""What of a pattern matters to the question whether it matches somewhere."""

from __future__ import annotations

from ...errors import PolicyError
from .syntax import (
    Alternatives,
    Backreference,
    Chars,
    Edge,
    Group,
    Look,
    Repeat,
    Sequence,
    Tree,
)

__all__ = ["is_anchored", "is_finite", "is_regular", "looks", "trimmed"]


def is_anchored(tree: Tree) -> bool:
    """Whether it matches at the start of a text only."""
    match tree:
        case Edge(kind):
            return kind == "^"
        case Sequence(items):
            before = [item for item in items if not isinstance(item, Look)]
            return bool(before) and is_anchored(before[0])
        case Alternatives(items):
            return all(map(is_anchored, items))
        case Group(_, item):
            return is_anchored(item)
        case _:
            return False


def trimmed(tree: Tree, *, anchored: bool) -> Tree:
    """The same question with less work: loops at an open end need not be gone round.

    `a+` matches somewhere if `a` does, and so does `^a+` if `^a` does.
    """
    if not isinstance(tree, Sequence):
        return _shortest(tree)
    items = list(tree.items)
    if items:
        items[-1] = _shortest(items[-1])
    if items and not anchored:
        items[0] = _shortest(items[0])
    return Sequence(tuple(items))


def _shortest(tree: Tree) -> Tree:
    if isinstance(tree, Repeat) and isinstance(tree.item, Chars):
        return Repeat(tree.item, tree.least, tree.least)
    return tree


def is_finite(tree: Tree) -> bool:
    """Whether it matches texts of bounded length only, and captures nothing again."""
    match tree:
        case Repeat(item, _, most):
            return most is not None and is_finite(item)
        case Sequence(items) | Alternatives(items):
            return all(map(is_finite, items))
        case Group(_, item) | Look(_, _, item):
            return is_finite(item)
        case Backreference():
            return False
        case _:
            return True


def is_regular(tree: Tree) -> bool:
    """Whether an automaton can carry it out: only sets, counts, alternatives, `^` and `$`."""
    match tree:
        case Sequence(items) | Alternatives(items):
            return all(map(is_regular, items))
        case Group(_, item) | Repeat(item, _, _):
            return is_regular(item)
        case Edge(kind):
            return kind in "^$"
        case _:
            return isinstance(tree, Chars)


def looks(tree: Tree, *, fixed: bool) -> list[Tree]:
    """What the pattern looks ahead for, at the one place where it begins.

    `fixed` says whether the place is always the same one. PolicyError for a look without
    bound anywhere else, and for a back reference: those cannot be shown to be linear.
    """
    found: list[Tree] = []
    match tree:
        case Sequence(items):
            for item in items:
                found += looks(item, fixed=fixed)
                fixed = fixed and isinstance(item, Edge | Look | Chars)
        case Alternatives(items):
            found += [look for item in items for look in looks(item, fixed=fixed)]
        case Group(_, item):
            found += looks(item, fixed=fixed)
        case Repeat(item, _, _):
            found += looks(item, fixed=False)
        case Look(_, _, item):
            found += looks(item, fixed=fixed)
            if not is_finite(item):
                if not fixed:
                    raise PolicyError("looks ahead without bound, again and again")
                found.append(item)
        case Backreference():
            raise PolicyError("has a back reference")
    return found
