"""The shape of a policy: a JSON Schema of the TOML file, and errors that name the nearest key.

`SHAPE` is the one table of keys. A `description` says what a key takes, and is what an
error says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ..errors import PolicyError, nearest

__all__ = ["SHAPE", "check_shape"]

_TEXT = {"type": "string", "minLength": 1, "description": "a string"}
_FLAG = {"type": "boolean", "description": "true or false"}
_COUNT = {"type": "integer", "minimum": 1, "description": "a whole number above 0"}
_SIZE = {"type": ["string", "integer"], "description": 'a size, as in "64KiB"'}
_TEXTS = {"type": "array", "items": _TEXT, "description": "a list of strings"}
_ONE_OR_MORE = {
    "type": ["string", "array"],
    "items": _TEXT,
    "description": "a string or a list of strings",
}
_STATUS = {"type": "integer", "minimum": 400, "maximum": 599, "description": "a status, 400 to 599"}
#: What stands in the table, `Translation` checks.
_MEANING = {**_STATUS, "type": ["integer", "object"]}
_MEANING["description"] = "a status, 400 to 599, or a table with one"


def _table(description: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": description,
        **more,
    }


_PREFIX = {
    "type": "string",
    "pattern": "^(?:/[^{}?#]*)?$",
    "description": 'a prefix of paths, as in "/v1"',
}
_SCHEMES = {
    "type": ["string", "array", "boolean"],
    "items": _TEXT,
    "not": {"const": True},
    "description": "a scheme of [auth], a list of them, or false",
}


SHAPE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "statusware policy",
    **_table(
        "a table",
        {
            "api": _table(
                "a table",
                {
                    "paths": _TEXTS,
                    "unlisted": {"enum": ["reject", "pass"], "description": '"reject" or "pass"'},
                    "mount": {
                        "type": ["string", "array"],
                        "items": {"type": "string", "description": "a string"},
                        "description": "a string or a list of strings",
                    },
                    "origin": {
                        "type": "string",
                        "pattern": "^https?://[^/]+$",
                        "description": 'an origin, as in "https://app.example.com"',
                    },
                    "allow_path": _TEXTS,
                    "methods": _TEXTS,
                    "report": {
                        "type": ["boolean", "array"],
                        "items": _TEXT,
                        "description": "true, false or a list of layers",
                    },
                    "reload": _FLAG,
                    "audit": {"enum": ["refuse"], "description": '"refuse"'},
                    "openapi": {
                        "type": ["string", "object"],
                        "minLength": 1,
                        "description": "the path of an OpenAPI document, or a dict",
                    },
                    "openapi_unsecured": {
                        "enum": ["everyone", "authenticated"],
                        "description": '"everyone" or "authenticated"',
                    },
                    "openapi_base": {**_PREFIX, "type": ["string", "array"], "items": _PREFIX},
                    "openapi_templates": {"enum": ["nearest"], "description": '"nearest"'},
                    "security": {
                        "type": "object",
                        "additionalProperties": _SCHEMES,
                        "description": "a table of the document's schemes and ours",
                    },
                },
            ),
            "envelope": _table(
                "a table", {"format": _TEXT, "types": _TEXT, "keep": _TEXT, "html": _FLAG}
            ),
            "body": _table(
                "a table",
                {
                    "max_bytes": _SIZE,
                    "max_depth": _COUNT,
                    "max_errors": _COUNT,
                    "invalid": {"enum": [400, 422], "description": "400 or 422"},
                    "formats": _FLAG,
                    "patterns": {
                        "enum": ["linear", "trusted"],
                        "description": '"linear" or "trusted"',
                    },
                    "inflate": _FLAG,
                },
            ),
            "auth": {"type": "object", "description": "a table of schemes"},
            "cors": _table(
                "a table",
                {
                    "origins": _TEXTS,
                    "headers": _TEXTS,
                    "expose": _TEXTS,
                    "credentials": _FLAG,
                    "max_age": {
                        "type": "integer",
                        "minimum": 0,
                        "description": "a whole number of seconds",
                    },
                },
                required=["origins"],
            ),
            "metrics": _table(
                "a table",
                {
                    "path": {
                        "type": "string",
                        "pattern": "^/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]$",
                        "description": 'a path, as in "/metrics"',
                    },
                },
            ),
            "errors": {
                "type": "object",
                "additionalProperties": _MEANING,
                "description": "a table of exceptions and their status",
            },
            "problems": {
                "type": "object",
                "additionalProperties": _table(
                    "a table",
                    {"status": _STATUS, "title": _TEXT, "detail": _TEXT, "fix": _TEXT},
                    required=["status"],
                ),
                "description": "a table of codes, [problems.CODE]",
            },
            "routes": {
                "type": "array",
                "description": "a list of tables, [[routes]]",
                "items": _table(
                    "a table",
                    {
                        "name": _TEXT,
                        "match": _ONE_OR_MORE,
                        "allow": _ONE_OR_MORE,
                        "deny": _ONE_OR_MORE,
                        "hide": _FLAG,
                        "body": {
                            "type": ["string", "object", "boolean"],
                            "description": "a path or an inline table",
                        },
                        "max_bytes": _SIZE,
                        "accept": _TEXTS,
                        "body_optional": _FLAG,
                    },
                    required=["match"],
                ),
            },
        },
    ),
}


#: Levels of a policy; a schema in it has fewer. One that holds itself has no end.
_DEEPEST = 250


def check_shape(document: Mapping[str, Any]) -> None:
    """Raise a `PolicyError` for the first key of `document` that SHAPE does not know so."""
    for section, part in document.items():
        _check_names({section: None if section == "errors" else _without_openapi(part)})
    for name, row in _rows(document.get("errors")):
        if isinstance(row, Mapping) and "status" not in row:
            hint = f'quote a dotted name, as in "{name}.{next(iter(row), "NotFound")}" = 404'
            raise PolicyError("has no status", key=f"errors.{name}", hint=hint)
    errors = sorted(Draft202012Validator(SHAPE).iter_errors(document), key=_place)
    if errors:
        raise _explained(errors[0])


def _without_openapi(part: object) -> object:
    """`[api] openapi` may be a document of its own, which is checked where it is read."""
    if not isinstance(part, Mapping):
        return part
    return {name: None if name == "openapi" else value for name, value in part.items()}


def _check_names(part: object, path: tuple[str | int, ...] = ()) -> None:
    """Raise a `PolicyError` for a key that is no string, as no TOML file has it.

    And for what has no end. In a dict `errors` may have exception classes; `Translation` checks
    them.
    """
    if len(path) > _DEEPEST:
        raise PolicyError("nests too deeply, or holds itself", key=dotted(path[:3]))
    if isinstance(part, list | tuple):
        for at, item in enumerate(part):
            _check_names(item, (*path, at))
    elif isinstance(part, Mapping):
        for name, value in part.items():
            if not isinstance(name, str):
                raise PolicyError(f"the key {name!r} is no string", key=dotted(path))
            _check_names(value, (*path, name))


def _rows(table: object) -> Iterable[tuple[str, Any]]:
    return table.items() if isinstance(table, Mapping) else ()


def _place(error: ValidationError) -> tuple[int, list[str]]:
    """Unknown keys first: they tend to be the cause of what is missing elsewhere."""
    return (error.validator != "additionalProperties", [str(step) for step in error.absolute_path])


#: What a key that has to be there looks like.
_WANTED = {
    "match": 'as in "GET /recipes/{id:int}"',
    "origins": 'as in ["https://app.example.com"]',
}


def _explained(error: ValidationError) -> PolicyError:
    key = dotted(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = min(set(error.instance) - set(known))
        return PolicyError(
            "is unknown", key=f"{key}.{unknown}" if key else unknown, hint=nearest(unknown, known)
        )
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return PolicyError("is missing", key=f"{key}.{missing}", hint=_WANTED.get(missing, ""))
    return PolicyError(f"must be {error.schema['description']}", key=key)


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: `routes[2].match`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
