"""The tests of one schema made into one function that calls as few others as can be.

Most schemas in a body are those of one type, with a limit or two: they become one
comparison, without a call for each keyword.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .violation import Found

__all__ = ["TYPES", "Bounds", "Ok", "Visit", "accept", "combined", "reject"]

#: What the JSON parser makes; nothing else ever reaches a test.
TYPES: tuple[type, ...] = (dict, list, str, int, float, bool, type(None))

#: What has to be within bounds ("length" or "value"), the least and the most.
Bounds = tuple[str, float, float]


class Visit:
    """What is known so far about one body.

    A reference that leads back into itself keeps its verdicts here, by schema and value:
    each pair is looked at once, so that the time is bounded by the product of both, however
    the schema branches. Values live as long as the visit, so that their id() is their name.
    """

    __slots__ = ("explained", "limit", "verdicts")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.verdicts: dict[tuple[int, int], bool] = {}
        self.explained: dict[tuple[int, int], Found] = {}


Ok = Callable[[Any, Visit], bool]


def accept(value: Any, visit: Visit) -> bool:
    """Every value is right."""
    return True


def reject(value: Any, visit: Visit) -> bool:
    """No value is right."""
    return False


def combined(tests: dict[type, tuple[list[Ok], list[Bounds]]]) -> Ok:
    """One function of the tests and the bounds for each type; other types are never right."""
    for kind, (own, bounds) in tests.items():
        if bounds and not own:
            others = {other: each for other, each in tests.items() if other is not kind}
            return _bounded(kind, bounds, combined(others))
    if len(tests) == 1:
        ((kind, (own, bounds)),) = tests.items()
        return _typed(kind, _for_type(own, bounds))
    return _dispatched(tests) if tests else reject


def _dispatched(tests: dict[type, tuple[list[Ok], list[Bounds]]]) -> Ok:
    """The test for the type of a value."""
    by_type = {kind: _for_type(*each) for kind, each in tests.items()}
    test = by_type.get
    if len(set(by_type.values())) == 1 and len(tests) == len(TYPES):
        return by_type[dict]
    return lambda value, visit: test(type(value), reject)(value, visit)


def _typed(kind: type, test: Ok) -> Ok:
    """A test for one type, where no other is right."""
    if test is accept:
        return lambda value, visit: type(value) is kind
    return lambda value, visit: type(value) is kind and test(value, visit)


def _bounded(kind: Any, bounds: list[Bounds], others: Ok) -> Ok:
    """The bounds of one type without a call, and what `others` say of other types."""
    least, most = _within(bounds)

    def long(value: Any, visit: Visit) -> bool:
        return least <= len(value) <= most if type(value) is kind else others(value, visit)

    def between(value: Any, visit: Visit) -> bool:
        return least <= value <= most if type(value) is kind else others(value, visit)

    return long if bounds[0][0] == "length" else between


def _for_type(tests: list[Ok], bounds: list[Bounds]) -> Ok:
    """One function of all that is asked of one type."""
    if reject in tests:
        return reject
    if bounds:
        least, most = _within(bounds)
        measure = bounds[0][0]
        tests = [*tests, _long(least, most) if measure == "length" else _between(least, most)]
    made = tests[0] if tests else accept
    for test in tests[1:]:
        made = _both(made, test)
    return made


def _within(bounds: list[Bounds]) -> tuple[float, float]:
    return max(least for _, least, _ in bounds), min(most for _, _, most in bounds)


def _long(least: float, most: float) -> Ok:
    return lambda value, visit: least <= len(value) <= most


def _between(least: float, most: float) -> Ok:
    return lambda value, visit: least <= value <= most


def _both(first: Ok, second: Ok) -> Ok:
    return lambda value, visit: first(value, visit) and second(value, visit)
