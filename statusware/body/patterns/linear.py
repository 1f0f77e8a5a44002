"""Whether a backtracking engine takes linear time for a pattern, told before it runs.

Such an engine tries every way through the pattern, so its time is the number of ways in
which the automaton can read a text. That number grows

- exponentially if some position can be left and come back to in two ways over the same text;
- at least quadratically if a loop p leads into a loop q, and one text goes round p, from
  p to q, and round q;
- not at all otherwise

(Weber and Seidl 1991, "On the degree of ambiguity of finite automata"). Where a pattern may
begin anywhere, the start is a loop of its own. Counts that are not fixed are taken to be
without end, so that the answer errs towards caution.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cache

from . import chars
from .automaton import Automaton, automaton
from .syntax import Tree

__all__ = ["Growth", "growth"]

#: Steps of the search after which a pattern counts as one that cannot be shown linear: a twentieth
#: of a second. The pattern that semver.org recommends takes 2,300.
MAX_STEPS = 20_000


class Growth(Enum):
    """How the time grows with the text."""

    LINEAR = "linear"
    POLYNOMIAL = "polynomial"
    EXPONENTIAL = "exponential"


class _TooManySteps(Exception):
    pass


def growth(tree: Tree, *, anchored: bool) -> Growth:
    """The growth for `tree`, searched from the start of a text or, unanchored, anywhere."""
    graph = _Graph(automaton(tree, anchored=anchored, exact=False))
    try:
        if graph.is_exponential():
            # Perhaps only since counts were taken to be without end.
            written_out = _Graph(automaton(tree, anchored=anchored, exact=True))
            return Growth.EXPONENTIAL if written_out.is_exponential() else Growth.POLYNOMIAL
        return Growth.POLYNOMIAL if graph.is_polynomial() else Growth.LINEAR
    except _TooManySteps:
        return Growth.POLYNOMIAL


class _Graph:
    def __init__(self, machine: Automaton) -> None:
        self.sets, self.edges = machine.sets, machine.edges
        self.steps = 0
        self.reach = self._reach()
        self.loops = [p for p in range(len(self.sets)) if self._leads(p, p)]
        #: Few of the sets differ: what has been asked of two or three of them is remembered.
        numbers: dict[chars.Ranges, int] = {}
        self.kinds = [numbers.setdefault(ranges, len(numbers)) for ranges in self.sets]
        kinds = list(numbers)
        meet = cache(lambda a, b: chars.meet(kinds[a], kinds[b]))
        self.two_meet = cache(lambda a, b: bool(meet(a, b)))
        self.three_meet = cache(lambda a, b, c: bool(chars.meet(meet(a, b), kinds[c])))

    def is_exponential(self) -> bool:
        return any(self._two_ways_round(p) for p in self._apart())

    def is_polynomial(self) -> bool:
        return any(
            self._leads_over(p, q) for p in self.loops for q in self.loops
            if p != q and self._leads(p, q) and not self._leads(q, p)
        )  # fmt: skip

    def _apart(self) -> list[int]:
        """Of the positions that lead to each other the first: two ways round one go round all."""
        found: list[int] = []
        for p in self.loops:
            if not any(self._leads(p, q) and self._leads(q, p) for q in found):
                found.append(p)
        return found

    def _count(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _TooManySteps

    def _reach(self) -> list[int]:
        """For each position a bit for every one that comes after it: itself only if on a loop.

        Most edges lead forward: from the end on, one turn is enough, and one for each loop in a
        loop. A set for each position took a quarter of a second for a pattern of 600 positions.
        """
        reach = [sum(1 << goal for goal in edges) for edges in self.edges]
        changed = True
        while changed:
            changed = False
            for p in reversed(range(len(reach))):
                found = reach[p]
                for goal in self.edges[p]:
                    found |= reach[goal]
                if found != reach[p]:
                    reach[p], changed = found, True
        return reach

    def _leads(self, p: int, q: int) -> bool:
        """Whether `q` comes after `p`."""
        return bool(self.reach[p] >> q & 1)

    def _two_ways_round(self, p: int) -> bool:
        """Whether two ways lead from `p` back to it over the same text."""
        loop = {q for q in range(len(self.sets)) if self._leads(p, q) and self._leads(q, p)}
        if any(ways > 1 and goal in loop for q in loop for goal, ways in self.edges[q].items()):
            return True
        seen = {(p, p, False)}
        todo = [(p, p, False)]
        while todo:
            a, b, apart = todo.pop()
            for x, y in self._pairs(a, b, loop):
                parted = apart or x != y
                if parted and x == y == p:
                    return True
                if (x, y, parted) not in seen:
                    seen.add((x, y, parted))
                    todo.append((x, y, parted))
        return False

    def _pairs(self, a: int, b: int, loop: set[int]) -> Iterator[tuple[int, int]]:
        for x in self.edges[a]:
            for y in self.edges[b] if x in loop else ():
                self._count()
                if y in loop and self.two_meet(self.kinds[x], self.kinds[y]):
                    yield x, y

    def _leads_over(self, p: int, q: int) -> bool:
        """Whether one text leads round p, from p to q, and round q."""
        seen = {(p, p, q)}
        todo = [(p, p, q)]
        while todo:
            for triple in self._triples(*todo.pop(), p, q):
                if triple == (p, q, q):
                    return True
                if triple not in seen:
                    seen.add(triple)
                    todo.append(triple)
        return False

    def _triples(self, a: int, b: int, c: int, p: int, q: int) -> Iterator[tuple[int, int, int]]:
        kinds = self.kinds
        ends = [z for z in self.edges[c] if self._leads(z, q)]
        between = [y for y in self.edges[b] if y == q or self._leads(y, q)]
        for x in self.edges[a]:
            for z in ends if self._leads(x, p) else ():
                for y in between if self.two_meet(kinds[x], kinds[z]) else ():
                    self._count()
                    if self.three_meet(kinds[x], kinds[z], kinds[y]):
                        yield x, y, z
