"""Public keys: from PEM, and from JSON Web Keys (RFC 7517, RFC 7518 section 6).

Each is bound to the algorithms of its kind and curve, and refused where it is too weak
to verify anything. Symmetric keys have no place here: whoever can read one can sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from .jose import BadToken, decode_base64url, parse_json
from .keys import PUBLIC, Key, jwt_algorithms
from .source import read_source

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WeakKey", "jwk_keys", "public_keys"]

#: RFC 7518 section 3.3; the upper bound keeps one verification short.
RSA_BITS = (2048, 16384)

#: More keys than any set has; also what one token without `kid` can make us try.
MAX_KEYS = 64

#: Coordinates of a point, in bytes (RFC 7518 section 6.2.1.2: always all of them).
_CURVES = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66)}
_CURVE_NAMES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_RSA = PUBLIC[:6]

_SMALL_PRIMES = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip


class WeakKey(ValueError):
    """A key that cannot be used; the text says why."""


def public_keys(public_key: Any, algorithms: Sequence[str] | None) -> list[Key]:
    """The keys that the `public_key` option gives: PEM, or a list for rotation.

    `algorithms` are those allowed, by default one that fits. Raises `PolicyError`.
    """
    jwt_algorithms(public=True)
    sources = public_key if isinstance(public_key, list | tuple) else [public_key]
    if not sources:
        raise PolicyError("is an empty list", key="public_key")
    return [_pem_key(read_source(source, "public_key"), algorithms) for source in sources]


def _pem_key(data: bytes, algorithms: Sequence[str] | None) -> Key:
    module = jwt_algorithms()
    if b"PRIVATE KEY-----" in data:
        hint = "openssl pkey -in FILE -pubout"
        raise PolicyError("is a private key, which has no place here", key="public_key", hint=hint)
    if data.count(b"-----BEGIN ") != 1:
        hint = "a list takes several"
        raise PolicyError("must be one key in PEM", key="public_key", hint=hint)
    try:
        material = _load_pem(data)
        fitting = _fitting(material)
    except WeakKey as error:
        raise PolicyError(str(error), key="public_key") from None
    except _unreadable() as error:
        reason = f"cannot be read as a public key ({type(error).__name__})"
        hint = "PEM of a public key or a certificate: openssl pkey -pubin -in FILE -text"
        raise PolicyError(reason, key="public_key", hint=hint) from None
    names = [name for name in fitting if name in (algorithms or fitting[:1])]
    if not names:
        reason = f"none of them is for this key, which takes {', '.join(fitting)}"
        raise PolicyError(reason, key="algorithms")
    known = module.get_default_algorithms()
    return Key(material, {name: known[name] for name in names})


def _unreadable() -> tuple[type[Exception], ...]:
    """What cryptography raises for a key that it cannot read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import InvalidVersion

    return (ValueError, TypeError, UnsupportedAlgorithm, InvalidVersion)


def _load_pem(data: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    if b"-----BEGIN CERTIFICATE-----" in data:
        return load_pem_x509_certificate(data).public_key()
    return load_pem_public_key(data)


def _fitting(material: Any) -> tuple[str, ...]:
    """The algorithms that a key is for. Raises `WeakKey`."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(material, RSAPublicKey):
        _check_rsa(material.public_numbers().n, material.public_numbers().e)
        return _RSA
    if isinstance(material, EllipticCurvePublicKey):
        curve = _CURVE_NAMES.get(material.curve.name)
        if curve is None:
            raise WeakKey(f"keys on the curve {material.curve.name} are not supported")
        return (_CURVES[curve][0],)
    if isinstance(material, Ed25519PublicKey | Ed448PublicKey):
        return ("EdDSA",)
    raise WeakKey("is not a key for signatures")


def _check_rsa(n: int, e: int) -> None:
    if not RSA_BITS[0] <= n.bit_length() <= RSA_BITS[1]:
        raise WeakKey(f"the RSA key has {n.bit_length()} bits, of at least {RSA_BITS[0]}")
    if e < 3 or e.bit_length() > 64 or e % 2 == 0 or n % 2 == 0:
        raise WeakKey("the RSA key has an exponent or a modulus that is none")
    if _is_roca(n):
        raise WeakKey("the RSA key is one of those that CVE-2017-15361 factors")


def _is_roca(n: int) -> bool:
    """Whether a modulus has the fingerprint of Infineon's weak keys (CVE-2017-15361).

    Their primes are powers of 65537 modulo every small prime, hence so is the modulus.
    """
    return all(n % prime in {pow(65537, k, prime) for k in range(prime)} for prime in _SMALL_PRIMES)


def jwk_keys(data: bytes, algorithms: Iterable[str]) -> tuple[list[Key], list[str]]:
    """The usable keys of a JWK set, and why others are not. Raises `BadToken` for no set."""
    members = parse_json(data, "key set").get("keys")
    if not isinstance(members, list):
        raise BadToken("the key set has no list of keys")
    if len(members) > MAX_KEYS:
        raise BadToken("the key set has too many keys")
    keys, skipped = [], []
    allowed = tuple(algorithms)
    for number, member in enumerate(members):
        try:
            keys.append(_jwk_key(member, allowed))
        except _unreadable() as error:
            # `BadToken` and `WeakKey` are our own words, the rest is cryptography's.
            own = isinstance(error, BadToken | WeakKey)
            skipped.append(f"key {number}: {error if own else 'is not a valid key'}")
    return keys, skipped


def _jwk_key(jwk: Any, allowed: tuple[str, ...]) -> Key:
    """One key of a set, with what it may be used for (RFC 7517 section 4)."""
    if not isinstance(jwk, dict):
        raise WeakKey("is not an object")
    if not isinstance(jwk.get("kid", ""), str):
        raise WeakKey("has a kid that is not text")
    if any(name in jwk for name in _PRIVATE):
        raise WeakKey("is not public")
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list):
        raise WeakKey("is not for signatures")
    if "verify" not in operations:
        raise WeakKey("is not for verifying")
    material = _material(jwk)
    fitting = [name for name in _fitting(material) if name in allowed]
    names = [name for name in fitting if jwk.get("alg", name) == name]
    if not names:
        raise WeakKey("is for no algorithm that is allowed")
    known = jwt_algorithms().get_default_algorithms()
    return Key(material, {name: known[name] for name in names}, jwk.get("kid"))


def _material(jwk: Mapping[str, Any]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "RSA":
        n, e = _integer(jwk, "n"), _integer(jwk, "e")
        _check_rsa(n, e)
        return rsa.RSAPublicNumbers(e, n).public_key()
    if kind == "EC" and isinstance(curve, str) and curve in _CURVES:
        size = _CURVES[curve][1]
        x, y = (_integer(jwk, name, size) for name in ("x", "y"))
        on = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
        return ec.EllipticCurvePublicNumbers(x, y, on[curve]).public_key()
    if kind == "OKP" and curve == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(_octets(jwk, "x", 32))
    if kind == "OKP" and curve == "Ed448":
        return ed448.Ed448PublicKey.from_public_bytes(_octets(jwk, "x", 57))
    raise WeakKey("is of a kind that is not supported")


def _octets(jwk: Mapping[str, Any], name: str, size: int) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,3000}", value):
        raise WeakKey(f"has no {name}")
    data = decode_base64url(value, name)
    if size and len(data) != size:
        raise WeakKey(f"has {len(data)} bytes in {name}, not {size}")
    return data


def _integer(jwk: Mapping[str, Any], name: str, size: int = 0) -> int:
    return int.from_bytes(_octets(jwk, name, size), "big")
