"""Paths that stand for patterns: what lint asks, and what the shell completes."""

from __future__ import annotations

import re

__all__ = ["SAMPLES", "sample"]

#: What stands for a variable of a path, by its converter.
SAMPLES = {
    "int": "1", "float": "1.5", "path": "a/b", "uuid": "00000000-0000-0000-0000-000000000001",
}  # fmt: skip

_VARIABLE = re.compile(r"\{(?:\w+)(?::(\w+))?\}")


def sample(pattern: str) -> str:
    """A path that `pattern` matches: `/recipes/1` for `/recipes/{id:int}`."""
    return _VARIABLE.sub(lambda found: SAMPLES.get(found[1], "x"), pattern)
