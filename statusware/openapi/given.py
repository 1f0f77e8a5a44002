"""A document that is given as a dict: copied, as JSON would have it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..body.schema.files import MAX_DEPTH
from ..body.schema.yaml import MAX_VALUES
from ..errors import PolicyError

__all__ = ["plain_copy"]


def plain_copy(value: Any, name: str) -> Any:
    """A copy of a dict, as JSON would have it: another YAML loader may have made 200 of `200:`."""
    left = [MAX_VALUES]

    def copy(value: Any, at: str, depth: int) -> Any:
        left[0] -= 1
        if depth > MAX_DEPTH or left[0] < 0:
            raise PolicyError("is nested without end, or too large", key=f"{name}#{at}")
        if isinstance(value, Mapping):
            return {
                _key(key, at): copy(each, f"{at}/{key}", depth + 1) for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [copy(each, f"{at}/{i}", depth + 1) for i, each in enumerate(value)]
        if isinstance(value, date):
            return value.isoformat()
        if value is None or isinstance(value, str | bool | int | float):
            return value
        raise PolicyError(f"{type(value).__name__} is nothing JSON has", key=f"{name}#{at}")

    def _key(key: Any, at: str) -> str:
        if isinstance(key, str):
            return key
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        hint = "give the path of the file instead" if isinstance(key, bool) else ""
        raise PolicyError(f"the key {key!r} is no string", key=f"{name}#{at}", hint=hint)

    return copy(value, "", 0)
