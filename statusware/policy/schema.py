"""The JSON Schema of the policy file, for editors: `SHAPE` with the words of `ABOUT`.

It refuses all that `SHAPE` refuses, and accepts every policy that is one. Only keywords
that mean the same from draft 7 to 2020-12 are in it, and no `$ref`: editors differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .about import ABOUT
from .about_auth import AUTH
from .shape import SHAPE

__all__ = ["policy_schema"]

#: `[errors]`: `SHAPE` leaves the tables to `Translation`.
_MEANING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        **{name: {"type": "string", "minLength": 1} for name in ("code", "title", "detail")},
    },
    "required": ["status"],
    "additionalProperties": False,
}


def policy_schema() -> dict[str, Any]:
    """The schema, made anew: it is the caller's own."""
    made: dict[str, Any] = _told(SHAPE, "")
    made["properties"]["auth"] = AUTH
    status = made["properties"]["errors"]["additionalProperties"]
    table = _told(_MEANING, "errors.*")
    made["properties"]["errors"]["additionalProperties"] = {
        "description": status["description"],
        "anyOf": [{**status, "type": "integer"}, table],
    }
    return made


def places(shape: dict[str, Any], place: str = "") -> Iterator[str]:
    """The name of each place in a shape, as `ABOUT` has it."""
    yield place
    for name, inner in _inner(shape).items():
        yield from places(inner, _joined(place, name))


def _told(shape: dict[str, Any], place: str) -> dict[str, Any]:
    """A part of `SHAPE`, in the words of `ABOUT`."""
    told = {key: value for key, value in shape.items() if key != "description"}
    about = ABOUT.get(place, {})
    told = {"description": about.get("description", ""), **told, **about}
    if "description" in told and not told["description"]:
        del told["description"]
    if "properties" in told:
        told["properties"] = {
            name: _told(inner, _joined(place, name)) for name, inner in told["properties"].items()
        }
    if isinstance(told.get("additionalProperties"), dict):
        told["additionalProperties"] = _told(told["additionalProperties"], f"{place}.*")
    if "items" in told:
        inner = {key: value for key, value in told["items"].items() if key != "description"}
        told["items"] = _told(inner, place) if "properties" in inner else inner
    return told


def _inner(shape: dict[str, Any]) -> dict[str, Any]:
    """What lies in a place: its keys, or those of the tables in a list."""
    found = dict(shape.get("properties", shape.get("items", {}).get("properties", {})))
    if isinstance(shape.get("additionalProperties"), dict):
        found["*"] = shape["additionalProperties"]
    return found


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
