"""Where a secret comes from: written out, an environment variable, or a file.

Rule of this file: an error names the variable or the file, never what was in it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

from ..errors import PolicyError, nearest
from ..regular import read_regular

__all__ = ["held", "read_source"]

#: Bytes; more than any key or list of keys has.
MAX_FILE = 1 << 20


def read_source(source: Any, key: str) -> bytes:
    """The bytes that an option means: text, bytes, `{env = NAME}` or `{file = PATH}`.

    One line break at the end of a file is not part of the secret. Raises `PolicyError`
    (naming `key`) where there is nothing to read, and for an empty value.
    """
    if isinstance(source, Mapping):
        data, where = _from_table(source, key)
    elif isinstance(source, str | bytes):
        data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogateescape")
        where = "it"
    else:
        raise PolicyError(
            "must be text, {env = NAME} or {file = PATH}",
            key=key,
            hint=f"not {type(source).__name__}",
        )
    if not data.strip():
        raise PolicyError(f"{where} is empty", key=key)
    return data


def held(source: Any, unset: list[str]) -> Any:
    """`source`, with a secret that nobody knows wherever a variable is not set.

    The names of those variables go into `unset`. Nothing that anybody has signed is good then:
    for whoever looks at a policy, and verifies nothing.
    """
    if isinstance(source, list | tuple):
        return [held(each, unset) for each in source]
    name = source.get("env") if isinstance(source, Mapping) and len(source) == 1 else None
    if not isinstance(name, str) or not name or name in os.environ:
        return source
    unset.append(name)
    return secrets.token_urlsafe(64)


def _from_table(source: Mapping[str, Any], key: str) -> tuple[bytes, str]:
    if len(source) != 1 or not {"env", "file"}.issuperset(source):
        unknown = next((str(name) for name in source if name not in ("env", "file")), "")
        raise PolicyError(
            "must be {env = NAME} or {file = PATH}",
            key=f"{key}.{unknown}".rstrip("."),
            hint=nearest(unknown, ("env", "file")),
        )
    kind, name = next(iter(source.items()))
    if not isinstance(name, str | os.PathLike) or not str(name):
        raise PolicyError("must be text, not empty", key=f"{key}.{kind}")
    if kind == "file":
        return read_file(name, f"{key}.file"), f"the file {name}"
    value = os.environ.get(str(name))
    if value is None:
        raise PolicyError(f"the environment variable {name} is not set", key=f"{key}.env")
    return os.fsencode(value), f"the environment variable {name}"


#: Where a file that is not there was looked for.
_RELATIVE = "a relative path starts at the policy's folder"


def read_file(path: str | os.PathLike[str], key: str) -> bytes:
    """What stands in a small file, without one line break at its end."""
    try:
        data = read_regular(path, MAX_FILE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        hint = _RELATIVE if isinstance(error, FileNotFoundError) else ""
        raise PolicyError(f"{path} cannot be read: {reason}", key=key, hint=hint) from None
    return data.removesuffix(b"\n").removesuffix(b"\r")
