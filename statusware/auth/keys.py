"""Keys, each bound to the algorithms that it verifies (RFC 8725 section 3.1).

A token names an algorithm; whether a key takes part is decided by the key, never by
the token. Keys that are too weak (RFC 7518 sections 3.2 and 3.3) are refused when
they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hmac import compare_digest, digest
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError, nearest
from .source import read_source

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["HMAC", "PUBLIC", "Key", "KeyRing", "algorithm_names", "secret_keys"]

#: HMAC algorithms, with the size of their hash in bytes: a key is no shorter.
HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}

#: Algorithms of public keys, in the order of preference.
PUBLIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class Key:
    """A key: `kid` if it has one, and a verifier for each algorithm that it may be used with.

    `until` is the time (`time.monotonic`, seconds) up to which the key is good; 0 once it
    has left its set.
    """

    __slots__ = ("kid", "material", "until", "verifiers")

    def __init__(self, material: Any, verifiers: dict[str, Any], kid: str | None = None) -> None:
        self.material, self.verifiers, self.kid = material, verifiers, kid
        self.until = float("inf")

    def verify(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether this key signed it, with this algorithm. False for an algorithm not its own."""
        verifier = self.verifiers.get(algorithm)
        return verifier is not None and bool(verifier.verify(signed, self.material, signature))


def jwt_algorithms(*, public: bool = False) -> ModuleType:
    """PyJWT's algorithms, with those for `public` keys if wanted.

    Raises `PolicyError` where PyJWT, or the cryptography that it needs, is not installed.
    """
    hint = 'pip install "statusware[jwt]"'
    try:
        import jwt.algorithms
    except ImportError:
        raise PolicyError("bearer tokens need PyJWT", hint=hint) from None
    if public and not jwt.algorithms.has_crypto:
        raise PolicyError("public keys need cryptography", hint=hint)
    return jwt.algorithms


#: What an algorithm of another kind of key wants: to name the nearest one would hide the mistake.
_PUBLIC = "it goes with public_key or jwks"
_KIND = {"HS": "it goes with secret", "RS": _PUBLIC, "PS": _PUBLIC, "ES": _PUBLIC, "Ed": _PUBLIC}


def _other(name: str, known: tuple[str, ...]) -> str:
    other = HMAC if known == tuple(PUBLIC) else PUBLIC
    return _KIND.get(name[:2], "") if name in other else ""


def algorithm_names(names: Any, known: Iterable[str]) -> tuple[str, ...]:
    """The `algorithms` option, checked against those that the kind of key can have."""
    known = tuple(known)
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list | tuple | set | frozenset) or not names:
        raise PolicyError("must be a list of algorithms, not empty", key="algorithms")
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise PolicyError(
                f"{name!r} is not an algorithm for this kind of key",
                key="algorithms",
                hint=_other(str(name), known) or nearest(str(name), known),
            )
    return tuple(dict.fromkeys(names))


def secret_keys(secret: Any, algorithms: tuple[str, ...]) -> list[Key]:
    """The keys that the `secret` option gives: one, or a list of them for rotation."""
    sources = secret if isinstance(secret, list | tuple) else [secret]
    if not sources:
        raise PolicyError("is an empty list", key="secret")
    return [_secret_key(source, algorithms) for source in sources]


def _secret_key(source: Any, algorithms: tuple[str, ...]) -> Key:
    data = read_source(source, "secret")
    module = jwt_algorithms()
    known = module.get_default_algorithms()
    for name in algorithms:
        if len(data) < HMAC[name]:
            raise PolicyError(
                f"the secret is too short for {name}: {len(data)} bytes, of at least {HMAC[name]}",
                key="secret",
                hint="python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one",
            )
    if b"-----BEGIN " in data or data.startswith((b"ssh-", b"ecdsa-")):
        # Taken as an HMAC secret, a public key would let everyone sign (RFC 8725 section 2.1).
        raise PolicyError("is a key file, not a secret", key="secret", hint="use public_key")
    return Key(data, {name: _OneShot(known[name]) for name in algorithms})


class _OneShot:
    """One of PyJWT's HMAC algorithms, with the digest made in one call: three times as fast."""

    def __init__(self, algorithm: Any) -> None:
        self._digest = algorithm.hash_alg().name

    def verify(self, signed: bytes, key: bytes, signature: bytes) -> bool:
        return compare_digest(digest(key, signed, self._digest), signature)


class KeyRing:
    """Keys that stay as they are, and the algorithms that any of them is for."""

    #: When (`time.monotonic`, seconds) the keys want to be looked after: never.
    refresh_at = float("inf")

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)
        self.algorithms = frozenset(name for key in self._keys for name in key.verifiers)

    def refresh(self) -> None:
        """Look after the keys. Never waits."""

    def find(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        """The keys that may have signed a token that names `algorithm` and `kid`.

        Raises `Refused` (503) where that is not known.
        """
        return self._keys
