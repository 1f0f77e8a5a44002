"""An automaton that reads a text once, character by character, and never goes back.

Its states are sets of positions of the pattern, made when they are first needed. Both the
states and the steps between them are kept, up to a bound.
"""

from __future__ import annotations

from bisect import bisect_right

from ...errors import PolicyError
from .automaton import automaton
from .chars import Ranges
from .syntax import Alternatives, Edge, Group, Repeat, Sequence, Tree

__all__ = ["Stepper"]

#: Steps, and positions in states, that are remembered; then it starts to learn anew.
MAX_KNOWN = 50_000


class _State(dict[str, "_State"]):
    """The positions that may have been read last; for each character the next state."""

    def __init__(self, stepper: Stepper, positions: frozenset[int]) -> None:
        super().__init__()
        self.stepper, self.positions = stepper, positions
        self.accepts = not stepper.last.isdisjoint(positions)
        #: Nothing that follows changes the answer.
        self.settled = not positions or (self.accepts and not stepper.at_end)
        self.kinds: dict[int, _State] = {}

    def __missing__(self, char: str) -> _State:
        return self if self.settled else self.stepper.learn(self, char)


class Stepper:
    """A pattern of sets, counts and alternatives, matched in linear time."""

    def __init__(self, tree: Tree, *, anchored: bool) -> None:
        """PolicyError if an edge stands where an automaton cannot look for it."""
        body, self.at_end = _without_edges(tree)
        machine = automaton(body, anchored=anchored, exact=True)
        self._sets = machine.sets
        self._follows = [frozenset(edges) for edges in machine.edges]
        self.last = frozenset(machine.last)
        self._bounds = sorted({edge for ranges in machine.sets for edge in _edges(ranges)})
        self._forget()

    def _forget(self) -> None:
        self._known = 0
        self._states: dict[frozenset[int], _State] = {}
        self._start = self._state(frozenset((0,)))

    def _state(self, positions: frozenset[int]) -> _State:
        known = self._states.get(positions)
        if known is None:
            known = self._states[positions] = _State(self, positions)
        return known

    def matches(self, text: str) -> bool:
        """Whether the pattern matches somewhere in `text`."""
        state = self._start
        for char in text:
            state = state[char]
            if state.settled:
                break
        return state.accepts

    def learn(self, state: _State, char: str) -> _State:
        """The state after `char`, remembered."""
        code = ord(char)
        # Characters between the same bounds are the same to every set of the pattern.
        kind = bisect_right(self._bounds, code)
        following = state.kinds.get(kind)
        if following is None:
            goals = {goal for position in state.positions for goal in self._follows[position]}
            holding = frozenset(goal for goal in goals if _holds(self._sets[goal], code))
            following = state.kinds[kind] = self._state(holding)
            self._known += len(holding)
        self._known += 1
        if self._known > MAX_KNOWN:
            self._forget()
        else:
            state[char] = following
        return following


def _edges(ranges: Ranges) -> list[int]:
    return [edge for low, high in ranges for edge in (low, high + 1)]


def _holds(ranges: Ranges, code: int) -> bool:
    index = bisect_right(ranges, (code, 0x110000)) - 1
    return index >= 0 and ranges[index][0] <= code <= ranges[index][1]


def _without_edges(tree: Tree) -> tuple[Tree, bool]:
    """The pattern without `^` at its start and `$` at its end, and whether there was a `$`."""
    items = list(tree.items) if isinstance(tree, Sequence) else [tree]
    if items and items[0] == Edge("^"):
        items = items[1:]
    at_end = bool(items) and items[-1] == Edge("$")
    body = Sequence(tuple(items[:-1] if at_end else items))
    if _has_edge(body):
        hint = "put ^ first and $ last, outside of any group"
        raise PolicyError("cannot be shown to run in linear time", hint=hint)
    return body, at_end


def _has_edge(tree: Tree) -> bool:
    match tree:
        case Sequence(items) | Alternatives(items):
            return any(map(_has_edge, items))
        case Group(_, item) | Repeat(item, _, _):
            return _has_edge(item)
        case _:
            return isinstance(tree, Edge)
