"""Schema files: JSON always, YAML with the extra `openapi`, never from outside the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import PolicyError
from ...problem import Problem
from ...regular import read_regular
from .. import strict_json

__all__ = ["MAX_DEPTH", "read_file"]

#: Levels of nesting of a schema file, be it JSON or YAML.
MAX_DEPTH = 200


def read_file(path: Path, folder: Path) -> Any:
    """The contents of the file; PolicyError if it lies outside `folder` or is not readable."""
    try:
        real = path.resolve()
    except ValueError:  # a NUL, say
        raise PolicyError("is not a path", hint="the path is relative to the policy") from None
    if not real.is_relative_to(folder):
        hint = "schemas lie in the folder of the policy, or below it"
        raise PolicyError(f"{path.name} lies outside the policy's folder", hint=hint)
    name = str(real.relative_to(folder))
    try:
        data = read_regular(real)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise PolicyError(f"{name}: {reason}", hint="the path is relative to the policy") from None
    if real.suffix.lower() in (".yaml", ".yml"):
        return _yaml(data, name)
    try:
        return strict_json.loads(data, MAX_DEPTH)
    except Problem as problem:
        told = str(problem.detail).removeprefix("The body is ")
        raise PolicyError(f"{name}: {told}") from None


def _yaml(data: bytes, name: str) -> Any:
    from . import yaml  # few schemas are written in it

    try:
        return yaml.loads(data)
    except ImportError:
        hint = 'pip install "statusware[openapi]", or write it as JSON'
        raise PolicyError(f"{name} is YAML, and PyYAML is not installed", hint=hint) from None
    except PolicyError as error:
        raise PolicyError(f"{name}: {error.reason}", hint=error.hint) from None
