"""Public keys: which are taken, for which algorithms, and which are refused."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from statusware import PolicyError
from statusware.auth.bearer import Bearer
from statusware.auth.jose import BadToken
from statusware.auth.public import _is_roca, jwk_keys
from statusware.auth.scheme import Refused

from .forge import b64, bearer, claims

PRIVATE: dict[str, Any] = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "RSA other": rsa.generate_private_key(65537, 2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}
WEAK = {
    "RSA 1024": rsa.generate_private_key(65537, 1024),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()),
    "DSA": dsa.generate_private_key(2048),
}

#: algorithm, the key that it is for.
FITS = [
    *((alg, "RSA") for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
    ("ES256", "P-256"),
    ("ES384", "P-384"),
    ("ES512", "P-521"),
    ("EdDSA", "Ed25519"),
    ("EdDSA", "Ed448"),
]


def pem(key: Any) -> str:
    public = key.public_key()
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(public.public_bytes(serialization.Encoding.PEM, kind).decode())


def private_pem(key: Any) -> str:
    return str(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    )


def token(key: Any, alg: str, header: dict[str, Any] | None = None, **more: Any) -> str:
    return jwt.encode(claims(**more), key, alg, header)


def uint(number: int, size: int = 0) -> str:
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    """The public JWK of a private key; `...` takes a member away."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        members = {"kty": "RSA", "n": uint(numbers.n), "e": uint(numbers.e)}
    elif isinstance(public, ec.EllipticCurvePublicKey):
        size = (public.curve.key_size + 7) // 8
        point = public.public_numbers()
        curve = {32: "P-256", 48: "P-384", 66: "P-521"}[size]
        members = {"kty": "EC", "crv": curve, "x": uint(point.x, size), "y": uint(point.y, size)}
    else:
        raw = public.public_bytes_raw()
        members = {"kty": "OKP", "crv": "Ed25519" if len(raw) == 32 else "Ed448", "x": b64(raw)}
    return {name: value for name, value in (members | more).items() if value is not ...}


def jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


ALL = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


def accepts(scheme: Bearer, value: str) -> bool:
    try:
        return scheme.authenticate(bearer(value)) is not None
    except Refused as refused:
        assert refused.status == 401
        return False


@pytest.mark.parametrize(("alg", "kind"), FITS)
def test_each_algorithm_with_its_key(alg: str, kind: str) -> None:
    scheme = Bearer(public_key=pem(PRIVATE[kind]), algorithms=[alg])
    value = token(PRIVATE[kind], alg)
    assert accepts(scheme, value)
    head, payload, signature = value.split(".")
    assert not accepts(scheme, f"{head}.{payload}.{'A' * len(signature)}")
    assert not accepts(scheme, f"{head}.{payload}.")
    assert not accepts(scheme, f"{head}.{payload}.{signature[:-4]}")
    for other, key in PRIVATE.items():
        if other != kind:
            for algorithm, owner in FITS:
                if owner == other:
                    assert not accepts(scheme, token(key, algorithm))


def test_the_default_algorithm_is_that_of_the_key() -> None:
    for kind, alg in {"RSA": "RS256", "P-384": "ES384", "Ed25519": "EdDSA"}.items():
        assert accepts(Bearer(public_key=pem(PRIVATE[kind])), token(PRIVATE[kind], alg))
    assert not accepts(Bearer(public_key=pem(PRIVATE["RSA"])), token(PRIVATE["RSA"], "RS512"))
    assert not accepts(Bearer(public_key=pem(PRIVATE["RSA"])), token(PRIVATE["RSA"], "PS256"))


def test_a_public_key_is_no_secret() -> None:
    """RFC 8725 section 2.1: RS256 taken for HS256."""
    public = pem(PRIVATE["RSA"])
    head = b64(json.dumps({"alg": "HS256"}))
    signed = f"{head}.{b64(json.dumps(claims()))}"
    for secret in (public.encode(), public.strip().encode()):
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            signed.encode(), secret
        )
        assert not accepts(Bearer(public_key=public), f"{signed}.{b64(signature)}")


def test_keys_of_several_kinds_each_for_its_own_algorithm() -> None:
    scheme = Bearer(public_key=[pem(PRIVATE["RSA"]), pem(PRIVATE["P-256"])])
    assert accepts(scheme, token(PRIVATE["RSA"], "RS256"))
    assert accepts(scheme, token(PRIVATE["P-256"], "ES256"))
    assert not accepts(scheme, token(PRIVATE["RSA other"], "RS256"))


def test_a_certificate_and_a_file(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "id")])
    now = datetime.datetime.now(datetime.UTC)
    key = PRIVATE["RSA"]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    (tmp_path / "cert.pem").write_bytes(certificate)
    scheme = Bearer(public_key={"file": str(tmp_path / "cert.pem")})
    assert accepts(scheme, token(key, "RS256"))


@pytest.mark.parametrize(
    ("public_key", "algorithms", "told"),
    [
        (lambda: pem(WEAK["RSA 1024"]), None, "1024 bits"),
        (lambda: pem(WEAK["secp256k1"]), None, "curve secp256k1"),
        (lambda: pem(WEAK["DSA"]), None, "not a key for signatures"),
        (lambda: private_pem(PRIVATE["RSA"]), None, "private key"),
        (lambda: pem(PRIVATE["RSA"]) * 2, None, "one key in PEM"),
        (lambda: "nonsense", None, "one key in PEM"),
        (lambda: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", None, "cannot be"),
        (lambda: "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----", None, "cannot be"),
        (list, None, "empty list"),
        (lambda: {"file": "/nonexistent"}, None, "public_key.file"),
        (lambda: pem(PRIVATE["RSA"]), ["HS256"], "algorithms: 'HS256'"),
        (lambda: pem(PRIVATE["RSA"]), ["none"], "algorithms: 'none'"),
        (lambda: pem(PRIVATE["RSA"]), ["ES256"], "none of them is for this key"),
        (lambda: pem(PRIVATE["P-256"]), ["ES384"], "none of them is for this key"),
        (lambda: pem(PRIVATE["RSA"]), ["RS256", "ES256"], "no key is for ES256"),
    ],
)
def test_keys_that_are_refused_at_start(
    public_key: Callable[[], Any], algorithms: Any, told: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        Bearer(public_key=public_key(), algorithms=algorithms)
    assert told in str(caught.value)


RSA, EC, ED = PRIVATE["RSA"], PRIVATE["P-256"], PRIVATE["Ed25519"]
BIG = RSA.public_key().public_numbers()


def roca_modulus() -> int:
    """A number with the fingerprint: a power of 65537 modulo all small primes."""
    n = pow(65537, 12345)
    assert n.bit_length() > 16384
    primorial = 1
    for prime in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79):
        primorial *= prime
    for prime in (83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167):
        primorial *= prime
    n = pow(65537, 12345, primorial)
    n += primorial * (1 << (2047 - primorial.bit_length() + 1))
    return n if n % 2 else n + primorial


#: A member of a key set, and why it is not used ("" if it is).
MEMBERS: list[tuple[Any, str]] = [
    *((jwk(key), "") for key in PRIVATE.values()),
    (jwk(RSA, use="sig", key_ops=["verify"], alg="PS512", kid="1"), ""),
    (jwk(RSA, x5c=["ignored"], x5t="x", other={"a": 1}), ""),
    (jwk(RSA, use="enc"), "not for signatures"),
    (jwk(RSA, use=5), "not for signatures"),
    (jwk(RSA, key_ops=["sign"]), "not for verifying"),
    (jwk(RSA, key_ops=[]), "not for verifying"),
    (jwk(RSA, key_ops="verify"), "not for signatures"),
    (jwk(RSA, use="sig", key_ops=["encrypt"]), "not for verifying"),
    (jwk(RSA, kid=5), "kid"),
    (jwk(RSA, alg="RSA-OAEP"), "no algorithm"),
    (jwk(RSA, alg="ES256"), "no algorithm"),
    (jwk(RSA, alg="HS256"), "no algorithm"),
    (jwk(RSA, alg="none"), "no algorithm"),
    (jwk(RSA, alg=["RS256"]), "no algorithm"),
    (jwk(EC, alg="ES384"), "no algorithm"),
    (jwk(RSA, d="AQAB"), "not public"),
    (jwk(EC, d=None), "not public"),
    ({"kty": "oct", "k": b64("s" * 32)}, "not public"),
    ({"kty": "oct"}, "not supported"),
    (jwk(WEAK["RSA 1024"]), "1024 bits"),
    (jwk(RSA, n=uint(BIG.n >> 1 | 1)), "2047 bits"),
    (jwk(RSA, n=uint(BIG.n << 14336 | 1)), ""),
    (jwk(RSA, n=uint(BIG.n << 14337 | 1)), "16385 bits"),
    (jwk(RSA, n=uint(roca_modulus())), "CVE-2017-15361"),
    (jwk(RSA, n=uint(BIG.n - 1)), "exponent or a modulus"),
    (jwk(RSA, e=uint(3)), ""),
    (jwk(RSA, e="AQ"), "exponent"),
    (jwk(RSA, e=uint(65536)), "exponent"),
    (jwk(RSA, e=uint(BIG.n - 2)), "exponent"),
    (jwk(RSA, e=uint(2)), "exponent"),
    (jwk(RSA, e=uint(0, 1)), "exponent"),
    (jwk(RSA, e=...), "has no e"),
    (jwk(RSA, n=...), "has no n"),
    (jwk(RSA, n=5), "has no n"),
    (jwk(RSA, n=""), "has no n"),
    (jwk(RSA, n=base64.b64encode(b"\xff" * 256).decode()), "has no n"),
    (jwk(RSA, n="A" * 4001), "has no n"),
    (jwk(RSA, kty="EC"), "not supported"),
    (jwk(RSA, kty=...), "not supported"),
    (jwk(RSA, kty=["RSA"]), "not supported"),
    (jwk(EC, crv="P-384"), "bytes in x"),
    (jwk(EC, crv="secp256k1"), "not supported"),
    (jwk(EC, crv=["P-256"]), "not supported"),
    (jwk(EC, x=b64(b"\0" * 32)), "not a valid key"),
    (jwk(EC, x=b64(b"\0" * 32), y=b64(b"\0" * 32)), "not a valid key"),
    (jwk(EC, x=b64(b"\xff" * 32)), "not a valid key"),
    (jwk(EC, y=...), "has no y"),
    (jwk(EC, y=b64(b"\1" * 31)), "bytes in y"),
    (jwk(ED, x=b64(b"\1" * 31)), "bytes in x"),
    (jwk(ED, crv="X25519"), "not supported"),
    (jwk(ED, x=jwk(ED)["x"][:-1] + "/"), "has no x"),
    ("text", "not an object"),
    (None, "not an object"),
    ([], "not an object"),
]


@pytest.mark.parametrize(("member", "reason"), MEMBERS)
def test_members_of_a_key_set(member: Any, reason: str) -> None:
    keys, skipped = jwk_keys(jwks(member, jwk(PRIVATE["P-521"])), ALL)
    assert len(keys) == (1 if reason else 2)
    assert (reason in skipped[0]) if reason else not skipped


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": null}',
        b'{"keys": [], "keys": []}',
        b'\xef\xbb\xbf{"keys": []}',
        '{"keys": []}'.encode("utf-16"),
        b'{"keys": []} x',
        b"[" * 100_000,
        b"<html>",
        jwks(*[jwk(ED)] * 65),
    ],
)
def test_what_is_no_key_set(data: bytes) -> None:
    with pytest.raises(BadToken):
        jwk_keys(data, ALL)


def test_keys_are_for_their_own_algorithm() -> None:
    keys, _ = jwk_keys(jwks(jwk(RSA, alg="PS256"), jwk(RSA)), ["RS256", "PS256"])
    assert [set(key.verifiers) for key in keys] == [{"PS256"}, {"RS256", "PS256"}]


def test_good_moduli_do_not_have_the_fingerprint() -> None:
    assert not _is_roca(BIG.n)
