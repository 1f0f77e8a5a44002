"""`Basic`: user and password (RFC 7617), against an htpasswd file with bcrypt.

Every wrong answer costs the same: for a known and an unknown user, for a password that is
too long, for a stored hash that is broken. A password once verified is remembered for a
minute under a keyed digest of all of it; a wrong one never finds anything there.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import PolicyError
from ..logs.table import USER_UNUSABLE
from .header import challenge, read_authorization
from .identity import Identity, valid_user
from .scheme import AUTHORIZATION, invalid, malformed
from .source import read_source
from .watched import Watched

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Basic"]

#: bcrypt as `htpasswd -B` writes it; the cost is the binary logarithm of the rounds.
_HASH = re.compile(r"\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}")

#: What bcrypt takes; longer passwords it would cut.
MAX_PASSWORD = 72

#: Seconds for which a verified password is remembered, and how many of them.
REMEMBERED, MOST = 60.0, 1024

_CONTROLS = re.compile("[\x00-\x1f\x7f]")


class _Users(NamedTuple):
    """Stored hashes by user, and the cost that every answer has."""

    hashes: dict[str, bytes]
    cost: int


class Basic:
    """User and password (RFC 7617), against hashes of bcrypt.

    - `users`: `{"file": PATH}`, as `htpasswd -B` writes it, read again when it changes; or the
      text that would stand in the file. Hashes of another kind let nobody in.
    - `realm`: told in the challenge. `name`: the name of the scheme.

    Browsers send the credential by themselves, so the rule about other sites applies. Raises
    `PolicyError` for a file that cannot be read, lines that are none, and where bcrypt is not
    installed. environ keys read: `HTTP_AUTHORIZATION`.

        scheme = Basic(users={"file": "users.htpasswd"}, realm="recipes")
    """

    ambient = True
    header: str | None = AUTHORIZATION

    def __init__(self, *, users: Any, realm: str = "api", name: str = "basic") -> None:
        try:
            import bcrypt
        except ImportError:
            hint = 'pip install "statusware[basic]"'
            raise PolicyError("passwords need bcrypt", hint=hint) from None
        self._bcrypt = bcrypt
        self.name = name
        self._challenges = (challenge("Basic", realm=realm, charset="UTF-8"),)
        self._dummies: dict[int, bytes] = {}
        self._watched: Watched[_Users] | None = None
        if isinstance(users, dict) and set(users) == {"file"}:
            self._watched = Watched(users["file"], "users.file", self._load)
        else:
            self._users = self._load(read_source(users, "users"))
        self._secret = secrets.token_bytes(32)
        self._remembered: dict[bytes, tuple[float, Identity]] = {}
        self._lock = threading.Lock()

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """One challenge, with the encoding that is wanted; it knows no errors."""
        return self._challenges

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Whose password this is; None without one. Raises `Refused` (400, 401)."""
        found = read_authorization(environ)
        if found is None or found[0] != "basic":
            return None
        user, password = _read(found[1])
        users = self._users if self._watched is None else self._watched.get()
        stored = users.hashes.get(user, b"")
        known = hmac.digest(self._secret, b"\0".join((user.encode(), stored, password)), "sha256")
        remembered = self._remembered.get(known)
        if remembered is not None and monotonic() < remembered[0]:
            return remembered[1]
        if not self._verify(password, stored, users.cost):
            raise invalid("the user or the password is wrong")
        identity = Identity(user, self.name)
        self._remember(known, identity)
        return identity

    def _remember(self, known: bytes, identity: Identity) -> None:
        with self._lock:
            self._remembered.pop(known, None)
            while len(self._remembered) >= MOST:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[known] = (monotonic() + REMEMBERED, identity)

    def _verify(self, password: bytes, stored: bytes, cost: int) -> bool:
        """Whether the password fits the hash, for the price of `cost` whatever the answer.

        A hash that is cheaper is paid up with dummies: 2^c + 2^c + 2^(c+1) + ... = 2^cost.
        """
        usable = len(password) <= MAX_PASSWORD and b"\0" not in password and bool(stored)
        if not usable:
            self._check(b"wrong", self._dummies[cost])
            return False
        fits = self._check(password, stored)
        for at in range(int(stored[4:6]), cost):
            self._check(b"wrong", self._dummies[at])
        return fits

    def _check(self, password: bytes, stored: bytes) -> bool:
        try:
            return bool(self._bcrypt.checkpw(password, stored))
        except ValueError:  # at once: a salt with stray bits is none
            self._bcrypt.checkpw(b"wrong", self._dummies[int(stored[4:6])])
            return False

    def _load(self, data: bytes) -> _Users:
        """The users of an htpasswd file. Hashes of another kind let nobody in."""
        try:
            lines = data.decode("utf-8").splitlines()
        except UnicodeDecodeError:
            raise PolicyError("is not UTF-8", key="users") from None
        hashes: dict[str, bytes] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            user, colon, stored = line.partition(":")
            if not colon or not valid_user(user) or user in hashes:
                what = "is there twice" if user in hashes else "is not user:hash"
                raise PolicyError(f"line {number} {what}", key="users")
            usable = _HASH.fullmatch(stored) is not None
            hashes[user] = stored.encode() if usable else b""
            if not usable:
                USER_UNUSABLE.tell(number)
        costs = [int(stored[4:6]) for stored in hashes.values() if stored]
        cost = max(costs, default=10)
        for at in range(min(costs, default=cost), cost + 1):
            if at not in self._dummies:
                self._dummies[at] = self._dummy(at)
        return _Users(hashes, cost)

    def _dummy(self, cost: int) -> bytes:
        """A hash of this cost that no password of ours fits; making it would cost as much."""
        salt: bytes = self._bcrypt.gensalt(cost)
        return salt + b"." * 31


def _read(text: str) -> tuple[str, bytes]:
    """User and password of the credential. Raises `Refused`."""
    try:
        data = a2b_base64(text, strict_mode=True)
    except (BinasciiError, ValueError):
        raise malformed("the credential is not base64") from None
    if b2a_base64(data, newline=False) != text.encode():
        raise malformed("the credential is not base64")
    user, colon, password = data.partition(b":")
    if not colon:
        raise malformed("the credential is not user:password")
    try:
        name, secret = user.decode("utf-8"), password.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("the credential is not UTF-8") from None
    # RFC 7617 section 2: no control characters; here they count as a wrong password.
    return name, b"\0" if _CONTROLS.search(name + secret) else password
