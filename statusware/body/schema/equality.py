"""When two JSON values are the same (JSON Schema core 4.2.2), and exact division."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["PLAIN", "all_differ", "divides", "same_key"]

#: The types of values that are their own key.
PLAIN = frozenset({str, int, float, type(None)})


def same_key(value: Any) -> Any:
    """Equal and hashable for values that are the same: 1 and 1.0 are, 1 and true are not.

    Objects and arrays become one string. Tuples would do, but their hashes (unlike those
    of strings) can be foreseen, and a body made of collisions would take quadratic time.
    """
    kind = type(value)
    if kind is bool:
        return ("true",) if value else ("false",)
    if kind is dict or kind is list:
        parts: list[str] = []
        _write(value, parts.append)
        return ("".join(parts),)
    return value


def _write(value: Any, put: Callable[[str], None]) -> None:
    """Text that is equal for what is the same; strings are told apart by their length."""
    kind = type(value)
    if kind is str:
        put(f'"{len(value)}:{value}')
    elif kind is dict:
        put("{")
        for name in sorted(value):
            put(f"{len(name)}:{name}")
            _write(value[name], put)
        put("}")
    elif kind is list:
        put("[")
        for item in value:
            _write(item, put)
        put("]")
    elif kind is float and value.is_integer():
        put(f"{int(value)},")
    else:
        put(f"{value},")


def all_differ(items: list[Any]) -> bool:
    """Whether no two of `items` are the same; linear time."""
    return len({same_key(item) for item in items}) == len(items)


def divides(divisor: float | int) -> Callable[[float | int], bool]:
    """A test for multiples of `divisor`, exact on the decimals that were written.

    19.99 is a multiple of 0.01, although neither is a double.
    """
    digits, exponent = _decimal(divisor)

    def test(value: float | int) -> bool:
        if isinstance(value, int) and exponent >= 0:
            return value % int(digits * 10**exponent) == 0
        number, shift = _decimal(value)
        shift -= exponent
        if shift >= 0:
            # The remainder of a power takes no large numbers, however large the value.
            return number * pow(10, shift, digits) % digits == 0
        whole: int = digits * 10**-shift
        return number % whole == 0

    return test


def _decimal(number: float | int) -> tuple[int, int]:
    """The decimal digits of a number, and the power of ten that they are to be taken times."""
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction), int(exponent or 0) - len(fraction)
