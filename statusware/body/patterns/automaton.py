"""The positions automaton (Glushkov) of a pattern.

Each position is one character set of the pattern; an edge says which position can be read
after which. The number of ways an edge comes about is kept (one, or more than one), since
a backtracking engine tries every way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...errors import PolicyError
from .chars import EVERY, Ranges
from .syntax import Alternatives, Backreference, Chars, Edge, Group, Look, Repeat, Sequence, Tree

__all__ = ["MAX_POSITIONS", "Automaton", "automaton"]

#: Beyond this a pattern is not looked into.
MAX_POSITIONS = 1000

#: Copies of a counted character that are written out where that is not needed.
FEW = 64

#: Ways, counted up to two: one is harmless, more than one multiply.
MANY = 2

Ways = Counter[int]


@dataclass
class Automaton:
    """Position 0 is the start."""

    sets: list[Ranges] = field(default_factory=lambda: [()])
    edges: list[Ways] = field(default_factory=lambda: [Counter()])
    last: Ways = field(default_factory=Counter)

    def add(self, ranges: Ranges) -> int:
        """A new position."""
        if len(self.sets) > MAX_POSITIONS:
            raise PolicyError("the pattern is too large")
        self.sets.append(ranges)
        self.edges.append(Counter())
        return len(self.sets) - 1

    def connect(self, froms: Ways, tos: Ways, ways: int = 1) -> None:
        """Edges from each of `froms` to each of `tos`."""
        for source, before in froms.items():
            edges = self.edges[source]
            for goal, after in tos.items():
                edges[goal] = min(MANY, edges[goal] + before * after * ways)


@dataclass(frozen=True)
class _Part:
    """A part of the pattern: where it may begin and end, and the ways it may be empty."""

    first: Ways
    last: Ways
    empty: int


def automaton(tree: Tree, *, anchored: bool, exact: bool) -> Automaton:
    """The automaton of `tree`; without `anchored` the text before it is read by position 0.

    With `exact`, counts are written out. Without, a count that is not fixed is taken to be
    without end: that has every way that the pattern has, and possibly more.
    """
    machine = Automaton()
    builder = _Builder(machine, exact=exact)
    part = builder.part(tree)
    start: Ways = Counter({0: 1})
    if not anchored:
        machine.sets[0] = EVERY
        machine.connect(start, start)
    machine.connect(start, part.first)
    machine.last = part.last
    if part.empty:
        machine.last = machine.last + start
    return machine


class _Builder:
    def __init__(self, machine: Automaton, *, exact: bool) -> None:
        self.machine, self.exact = machine, exact

    def part(self, tree: Tree) -> _Part:
        match tree:
            case Chars(ranges):
                here: Ways = Counter({self.machine.add(ranges): 1})
                return _Part(here, here, 0)
            case Sequence(items):
                return self.sequence([self.part(item) for item in items])
            case Alternatives(items):
                return _either([self.part(item) for item in items])
            case Group(_, item):
                return self.part(item)
            case Repeat(item, least, most):
                return self.repeat(item, least, most)
            case Edge() | Look() | Backreference():
                return _Part(Counter(), Counter(), 1)

    def sequence(self, parts: list[_Part]) -> _Part:
        whole = _Part(Counter(), Counter(), 1)
        for part in parts:
            self.machine.connect(whole.last, part.first)
            whole = _Part(
                _capped(whole.first + _times(part.first, whole.empty)),
                _capped(part.last + _times(whole.last, part.empty)),
                min(MANY, whole.empty * part.empty),
            )
        return whole

    def repeat(self, item: Tree, least: int, most: int | None) -> _Part:
        if self.exact or (isinstance(item, Chars) and least <= FEW):
            return self.counted(item, least, most)
        if (least, most) == (1, 1):
            return self.part(item)
        if (least, most) == (0, 1) and not _is_finite(item):
            return _optional(self.part(item))
        return self.star(item, may_be_empty=least == 0)

    def counted(self, item: Tree, least: int, most: int | None) -> _Part:
        """Written out; in the inexact reading only as far as it is fixed."""
        copies = [self.part(item) for _ in range(least)]
        if most is None or (most > least and not self.exact):
            return self.sequence([*copies, self.star(item)])
        rest = _Part(Counter(), Counter(), 1)
        for _ in range(most - least):
            rest = _optional(self.sequence([self.part(item), rest]))
        return self.sequence([*copies, rest])

    def star(self, item: Tree, *, may_be_empty: bool = True) -> _Part:
        part = self.part(item)
        # An empty turn is one more way to leave the loop, or to go round once more.
        ways = 1 + bool(part.empty)
        self.machine.connect(part.last, part.first, ways)
        return _Part(part.first, _times(part.last, ways), ways if may_be_empty else part.empty)


def _optional(part: _Part) -> _Part:
    return _Part(part.first, part.last, min(MANY, part.empty + 1))


def _either(parts: list[_Part]) -> _Part:
    first: Ways = Counter()
    last: Ways = Counter()
    for part in parts:
        first, last = first + part.first, last + part.last
    return _Part(_capped(first), _capped(last), min(MANY, sum(part.empty for part in parts)))


def _times(ways: Ways, factor: int) -> Ways:
    return Counter({p: min(MANY, n * factor) for p, n in ways.items()}) if factor else Counter()


def _capped(ways: Ways) -> Ways:
    return Counter({position: min(MANY, count) for position, count in ways.items()})


def _is_finite(tree: Tree) -> bool:
    match tree:
        case Repeat(item, _, most):
            return most is not None and _is_finite(item)
        case Sequence(items) | Alternatives(items):
            return all(map(_is_finite, items))
        case Group(_, item):
            return _is_finite(item)
        case _:
            return True
