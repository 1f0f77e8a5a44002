"""References to components: made, and found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["reference", "references"]


def reference(section: str, name: str) -> dict[str, Any]:
    """A reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a value that leads to a component."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, Mapping):
            uri = each.get("$ref")
            if isinstance(uri, str) and uri.startswith("#/components/"):
                yield uri
            todo += each.values()
        elif isinstance(each, list):
            todo += each
