"""Schema files: JSON always, YAML with the extra `openapi`, never from outside the folder."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from ...errors import PolicyError
from ...problem import Problem
from .. import strict_json

__all__ = ["read_file"]

#: Schemas are written by people we trust, but nest more deeply than bodies.
MAX_DEPTH = 200


def read_file(path: Path, folder: Path) -> Any:
    """The contents of the file; PolicyError if it lies outside `folder` or is not readable."""
    real = path.resolve()
    if not real.is_relative_to(folder):
        hint = "schemas lie in the folder of the policy, or below it"
        raise PolicyError(f"{path.name} lies outside the policy's folder", hint=hint)
    name = str(real.relative_to(folder))
    try:
        data = real.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise PolicyError(f"{name}: {reason}", hint="the path is relative to the policy") from None
    if real.suffix.lower() in (".yaml", ".yml"):
        return _yaml(data, name)
    try:
        return strict_json.loads(data, MAX_DEPTH)
    except Problem as problem:
        raise PolicyError(f"{name}: {problem.detail}") from None


def _yaml(data: bytes, name: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        hint = 'pip install "statusware[openapi]", or write it as JSON'
        raise PolicyError(f"{name} is YAML, and PyYAML is not installed", hint=hint) from None
    try:
        return yaml.load(data, Loader=_json_loader(yaml))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise PolicyError(f"{name}: not readable as YAML{line}") from None


def _json_loader(yaml: Any) -> Any:
    """YAML's safe loader without dates, so that 2024-01-01 stays the text it looks like."""
    resolvers = {
        first: [(tag, regexp) for tag, regexp in rules if not tag.endswith(":timestamp")]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return type("JSONLoader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": resolvers})
