"""`APIKey`: keys for programs, in a header of their own.

Only SHA-256 digests are kept: keys are long and random (`statusware keys add` makes
them), so that a digest gives nothing away and a look-up by digest takes the same time for
every wrong key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import PolicyError, nearest
from ..rules.principals import SCOPES, is_scope
from .custom import header_key
from .header import challenge
from .identity import Identity, valid_user
from .options import names
from .scheme import AUTHORIZATION, expired, invalid
from .watched import Watched

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["APIKey", "Entry", "read_keys"]

_MEMBERS = ("label", "subject", "sha256", "roles", "scopes", "expires")
_NEVER = float("inf")


class Entry(NamedTuple):
    """One key: its digest, whom it stands for, and until when (seconds since 1970)."""

    digest: bytes
    identity: Identity
    expires: float
    label: str


class APIKey:
    """API keys, in a request header of their own.

    - `keys`: `{"file": PATH}`, a TOML file with a list of tables `[[keys]]`, read again when it
      changes (looked at once a second at most); or such a list. Each has `sha256` (the
      hexadecimal digest of the key), `subject` (the user), and if wanted `label`, `roles`,
      `scopes` and `expires` (a date and time with its offset).
    - `header`: the name of the header; neither `Authorization` nor `Cookie`.
    - `realm`: told in the challenge. `name`: the name of the scheme.

    Raises `PolicyError` for options and keys that are wrong. environ keys read: that of
    `header`, as in `HTTP_X_API_KEY`.

        scheme = APIKey(keys={"file": "keys.toml"}, header="X-API-Key")
    """

    ambient = False

    def __init__(
        self,
        *,
        keys: Any,
        header: str = "X-API-Key",
        realm: str = "api",
        name: str = "api_key",
    ) -> None:
        self.name = name
        self.header: str | None = header_key(header, "header")
        if self.header in (AUTHORIZATION, "HTTP_COOKIE"):
            raise PolicyError(f"{header} is not a header for keys", key="header", hint="X-API-Key")
        self._key = self.header
        self._challenges = (challenge("ApiKey", realm=realm, header=header),)
        self._watched: Watched[dict[bytes, Entry]] | None = None
        self._entries: dict[bytes, Entry] = {}
        if isinstance(keys, Mapping) and set(keys) == {"file"}:
            self._watched = Watched(keys["file"], "keys.file", self._load)
        else:
            self._entries = read_keys(keys, name)

    def _load(self, data: bytes) -> dict[bytes, Entry]:
        try:
            document = tomllib.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise PolicyError(f"is not TOML: {error}") from None
        if unknown := set(document) - {"keys"}:
            name = min(unknown)
            hint = "each key is a table, [[keys]]; statusware keys add writes one"
            raise PolicyError("is unknown", key=name, hint=hint)
        return read_keys(document.get("keys", []), self.name)

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """One challenge, which names the header; it knows no errors."""
        return self._challenges

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Whose key this is; None without the header. Raises `Refused` (401)."""
        sent: str | None = environ.get(self._key)
        if sent is None:
            return None
        try:
            digest = sha256(sent.encode("latin-1")).digest()
        except UnicodeEncodeError:
            raise invalid("the key is not bytes") from None
        entries = self._entries if self._watched is None else self._watched.get()
        entry = entries.get(digest)
        if entry is None or not compare_digest(entry.digest, digest):
            raise invalid("there is no such key")
        if entry.expires <= time():
            raise expired()
        return entry.identity


def read_keys(keys: Any, scheme: str) -> dict[bytes, Entry]:
    """The keys of a list of tables, by digest. Raises `PolicyError`."""
    if not isinstance(keys, list | tuple):
        raise PolicyError("must be {file = PATH} or a list of tables", key="keys")
    entries: dict[bytes, Entry] = {}
    for number, table in enumerate(keys):
        try:
            entry = _entry(table, scheme)
            if entry.digest in entries:
                raise PolicyError("is that of another key, too", key="sha256")  # noqa: TRY301
        except PolicyError as error:
            raise error.at(key=f"keys[{number}]") from None
        entries[entry.digest] = entry
    return entries


def _entry(table: Any, scheme: str) -> Entry:
    if not isinstance(table, Mapping):
        raise PolicyError("must be a table")
    for name in table:
        if name not in _MEMBERS:
            raise PolicyError("unknown option", key=name, hint=nearest(name, _MEMBERS))
    subject, label = table.get("subject"), table.get("label", "")
    if not isinstance(subject, str) or not valid_user(subject):
        raise PolicyError("must be the name of a user", key="subject")
    if not isinstance(label, str):
        raise PolicyError("must be text", key="label")
    scopes = names(table.get("scopes", []), "scopes")
    for scope in scopes:
        if not is_scope(scope):
            raise PolicyError(f"{scope!r} is no scope", key="scopes", hint=SCOPES)
    roles = names(table.get("roles", []), "roles")
    identity = Identity(subject, scheme, frozenset(roles), frozenset(scopes))
    return Entry(_digest(table.get("sha256")), identity, _expiry(table.get("expires")), label)


def _digest(text: Any) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise PolicyError("must be 64 hexadecimal digits", key="sha256")
    digest = bytes.fromhex(text)
    if digest == sha256(b"").digest():
        raise PolicyError("is that of an empty key", key="sha256")
    return digest


def _expiry(value: Any) -> float:
    if value is None:
        return _NEVER
    if not isinstance(value, datetime) or value.tzinfo is None:
        hint = "write 2030-01-31T00:00:00Z"
        raise PolicyError("must be a date and time with its offset", key="expires", hint=hint)
    return value.timestamp()
