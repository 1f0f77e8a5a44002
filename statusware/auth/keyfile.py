"""Writing the file of API keys: adding one, revoking one. Comments in the file stay.

A file is replaced whole (a new one, renamed over it), so that a server that reads it at
that moment sees the old or the new one. A new one is readable by its owner alone; another
one stays whose it is, and readable by whoever could read it: the server, as a rule. Reading and
writing is done alone (`keylock`), so that of two changes at once none is lost.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from ..errors import PolicyError
from ..regular import read_regular
from .apikey import Entry, read_keys
from .keylock import alone

__all__ = ["add_key", "load_file", "revoke_key"]

#: What a key begins with, so that scanners for leaked secrets can know it.
PREFIX = "sw_"


def load_file(path: Path) -> list[Entry]:
    """The keys of a file, in its order; none where there is no file. Raises `PolicyError`."""
    try:
        text = read_regular(path).decode()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise PolicyError(f"cannot be read: {reason}", file=str(path)) from None
    return _parse(text, path)


def add_key(
    path: Path,
    subject: str,
    *,
    label: str = "",
    roles: Sequence[str] = (),
    scopes: Sequence[str] = (),
    expires: datetime | None = None,
) -> str:
    """Add a new key to the file, and return it; it is kept nowhere. Raises `PolicyError`."""
    label, key = label or subject, PREFIX + secrets.token_urlsafe(32)
    lines = [
        "[[keys]]",
        f"label = {_text(label)}",
        f"subject = {_text(subject)}",
        f'sha256 = "{sha256(key.encode()).hexdigest()}"',
    ]
    lines += [f"{n} = [{', '.join(map(_text, v))}]" for n, v in _lists(roles, scopes) if v]
    if expires is not None:
        lines.append(f"expires = {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    with alone(path):
        _append(path, label, "\n".join(lines) + "\n")
    return key


def _append(path: Path, label: str, table: str) -> None:
    if any(entry.label == label for entry in load_file(path)):
        raise PolicyError(f"there is a key with the label {label!r}", file=str(path))
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    parted = before if not before or before.endswith("\n") else f"{before}\n"
    _write(path, parted + ("\n" if parted else "") + table)


def revoke_key(path: Path, label: str) -> None:
    """Remove the key with this label from the file. Raises `PolicyError`."""
    with alone(path):
        _remove(path, label)


def _remove(path: Path, label: str) -> None:
    found = [at for at, entry in enumerate(load_file(path)) if entry.label == label]
    if len(found) != 1:
        what = "several keys have" if found else "no key has"
        raise PolicyError(f"{what} the label {label!r}", file=str(path))
    entries, text = load_file(path), path.read_text(encoding="utf-8")
    starts = [match.start() for match in re.finditer(r"(?m)^[ \t]*\[\[[ \t]*keys[ \t]*\]\]", text)]
    at, ends = found[0], [*starts[1:], len(text)]
    left = text[: starts[at]] + text[ends[at] :] if len(starts) == len(entries) else text
    if not _holds(left, [*entries[:at], *entries[at + 1 :]]):
        hint = "remove it by hand"
        raise PolicyError("is not written as [[keys]] tables", file=str(path), hint=hint)
    _write(path, left)


def _holds(text: str, entries: list[Entry]) -> bool:
    """Whether these keys, and no others, are what a file with this text would hold."""
    try:
        return _parse(text, Path()) == entries
    except PolicyError:
        return False


def _write(path: Path, text: str) -> None:
    """Replace the file, if what will stand in it can be read."""
    _parse(text, path)
    path = path.resolve()  # a link stays one
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                _like(path, handle)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:  # even Ctrl-C leaves no half of a file behind
            os.unlink(name)
            raise
    except OSError as error:
        raise PolicyError(f"cannot be written: {error.strerror}", file=str(path)) from None


def _like(path: Path, handle: int) -> None:
    """Give a new file the owner and the mode of the one that it takes the place of, if any."""
    if path.exists():
        before = path.stat()
        os.fchown(handle, before.st_uid, before.st_gid)
        os.fchmod(handle, stat.S_IMODE(before.st_mode))


def _parse(text: str, path: Path) -> list[Entry]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"is not TOML: {error}", file=str(path)) from None
    try:
        return list(read_keys(document.get("keys", []), "api_key").values())
    except PolicyError as error:
        raise error.at(file=str(path)) from None


def _text(value: str) -> str:
    """A TOML basic string: JSON's, but that DEL is escaped, too (TOML 1.0, section String)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lists(roles: Sequence[str], scopes: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    return [("roles", roles), ("scopes", scopes)]
