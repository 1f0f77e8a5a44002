"""Forged and odd tokens, over WSGI calls: no wrong acceptance, and never a 5xx.

The classes of flaws are those that the public test vectors for JWS and JWK know (RFC 7515
appendix A, RFC 8725, Project Wycheproof), made here over real claims. Each token claims to
be an admin's, and each is refused by every verifier below, of which each accepts its own.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from statusware.auth.bearer import Bearer
from statusware.layers.authentication import Authentication

from .forge import SECRET, b64, sign
from .forge import token as forge
from .test_public import PRIVATE, jwk, jwks, pem
from .wsgi import app, call

RSA, P256, P384, ED = (PRIVATE[kind] for kind in ("RSA", "P-256", "P-384", "Ed25519"))
ATTACKER = PRIVATE["RSA other"]
ISSUER, AUDIENCE = "https://id.example.com/", "recipes"


#: Of the collection; what is made then outlives a run of hours.
NOW = int(time.time())
TIMES = {NOW + 60: "a minute on", NOW - 60: "a minute ago", NOW + 86400: "tomorrow"}


def claims(**more: Any) -> dict[str, Any]:
    members = {"sub": "admin", "iss": ISSUER, "aud": AUDIENCE, "iat": NOW, "exp": NOW + 43200}
    return {n: v for n, v in (members | more).items() if v is not ...}


def header(**more: Any) -> dict[str, Any]:
    members: dict[str, Any] = {"alg": "HS256", "typ": "JWT"} | more
    return {n: v for n, v in members.items() if v is not ...}


def hs(payload: Any = None, head: Any = None) -> str:
    """A token that the right secret has signed."""
    return forge(claims() if payload is None else payload, header() if head is None else head)


def raw(head: Any, payload: Any, signature: bytes | str = b"") -> str:
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (head, payload)]
    end = signature if isinstance(signature, str) else b64(signature)
    return f"{b64(texts[0])}.{b64(texts[1])}.{end}"


def rs(key: Any = RSA, alg: str = "RS256", **more: Any) -> str:
    return jwt.encode(claims(), key, alg, more)


def resigned(head: dict[str, Any], signer: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(json.dumps(head))}.{b64(json.dumps(claims()))}"
    return f"{signed}.{b64(signer(signed.encode()))}"


def parts(text: str) -> list[str]:
    return text.split(".")


def algorithms() -> Iterator[tuple[str, str]]:
    """The algorithm is that of the key, never of the token."""
    for alg in (
        "none", "None", "NONE", "nOnE", "", " ", "HS256 ", "hs256", "HS255", "HS384", "HS512",
        "RS256", "ES256", "EdDSA", "PS256", "HS1", "MD5", "A128KW", "RSA-OAEP", "dir", "HS256\x00",
        "ES256K", "Ed25519", None, True, 5, ["HS256"], {"alg": "HS256"},
    ):  # fmt: skip
        head = header(alg=alg)
        yield f"alg {alg!r}, unsigned", raw(head, claims())
        signed = f"{b64(json.dumps(head))}.{b64(json.dumps(claims()))}"
        if alg != "HS256":
            yield f"alg {alg!r}, signed with HS256", f"{signed}.{b64(sign(signed))}"
    yield "no alg", hs(head=header(alg=...))
    yield "empty header", hs(head={})
    for public in (pem(RSA), pem(RSA).strip(), pem(P256), "", "\0"):
        yield f"a public key as secret, {len(public)}", forge(claims(), header(), secret=public)
    modulus = RSA.public_key().public_numbers().n.to_bytes(256, "big")
    yield "a modulus as secret", forge(claims(), header(), secret=modulus)
    numbers = json.dumps(jwk(RSA))
    yield "a JWK as secret", forge(claims(), header(), secret=numbers)


def signatures() -> Iterator[tuple[str, str]]:
    good = parts(hs())
    head, payload, signature = good
    binary = base64.urlsafe_b64decode(signature + "=")
    for name, changed in {
        "empty": b"",
        "one byte": b"\0",
        "zeros": bytes(32),
        "ones": b"\xff" * 32,
        "first byte": bytes([binary[0] ^ 1]) + binary[1:],
        "last byte": binary[:-1] + bytes([binary[-1] ^ 1]),
        "shorter": binary[:-1],
        "half": binary[:16],
        "longer": binary + b"\0",
        "twice": binary * 2,
        "hexadecimal": binary.hex().encode(),
        "of the payload alone": sign(payload),
        "of the header alone": sign(head),
        "of other claims": sign(f"{head}.{b64(json.dumps(claims(sub='ann')))}"),
        "HS384": sign(f"{head}.{payload}", alg="HS384"),
        "HS512": sign(f"{head}.{payload}", alg="HS512"),
        "HS512, cut": sign(f"{head}.{payload}", alg="HS512")[:32],
        "an empty secret": sign(f"{head}.{payload}", b""),
        "another secret": sign(f"{head}.{payload}", "x" * 64),
        "a shorter secret": sign(f"{head}.{payload}", SECRET[:-1]),
    }.items():
        yield f"signature {name}", f"{head}.{payload}.{b64(changed)}"
    yield "claims changed", f"{head}.{b64(json.dumps(claims(sub='root')))}.{signature}"
    yield "header changed", f"{b64(json.dumps(header(kid='x')))}.{payload}.{signature}"
    for alg, key in (("RS256", RSA), ("PS256", RSA), ("ES256", P256), ("EdDSA", ED)):
        text = parts(jwt.encode(claims(), key, alg))
        yield f"{alg} without signature", f"{text[0]}.{text[1]}."
        yield f"{alg} signature cut", ".".join([*text[:2], text[2][:-4]])
        yield f"{alg} zeros", ".".join([*text[:2], "A" * len(text[2])])
        yield f"{alg} other claims", ".".join([text[0], b64(json.dumps(claims(sub="x"))), text[2]])
    yield "RS256 as PS256", resigned(header(alg="PS256"), _pkcs1(hashes.SHA256()))
    yield "PS256 as RS256", resigned(header(alg="RS256"), _pss(hashes.SHA256(), 32))
    yield "PS256 without salt", resigned(header(alg="PS256"), _pss(hashes.SHA256(), 0))
    yield "PS256 longest salt", resigned(header(alg="PS256"), _pss(hashes.SHA256(), 222))
    yield "RS256 with SHA-512", resigned(header(alg="RS256"), _pkcs1(hashes.SHA512()))
    yield "RS256 with SHA-1", resigned(header(alg="RS256"), _pkcs1(hashes.SHA1()))
    yield (
        "RS256 with zeros before",
        resigned(header(alg="RS256"), lambda data: b"\0" + _pkcs1(hashes.SHA256())(data)),
    )
    yield "the RSA identity", resigned(header(alg="RS256"), lambda data: bytes(255) + b"\1")
    n = RSA.public_key().public_numbers().n
    yield "the RSA modulus", resigned(header(alg="RS256"), lambda data: n.to_bytes(256, "big"))


def _pkcs1(digest: Any) -> Callable[[bytes], bytes]:
    return lambda data: RSA.sign(data, padding.PKCS1v15(), digest)


def _pss(digest: Any, salt: int) -> Callable[[bytes], bytes]:
    return lambda data: RSA.sign(data, padding.PSS(padding.MGF1(digest), salt), digest)


def curves() -> Iterator[tuple[str, str]]:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    def pair(r: int, s: int, size: int = 32) -> Callable[[bytes], bytes]:
        return lambda data: r.to_bytes(size, "big") + s.to_bytes(size, "big")

    for r, s in ((0, 0), (0, 1), (1, 0), (1, 1), (order, 1), (1, order), (order, order)):
        yield f"ES256 r={r:x} s={s:x}", resigned(header(alg="ES256"), pair(r, s))
    yield "ES256 as DER", resigned(header(alg="ES256"), _der)
    yield "ES256 padded", resigned(header(alg="ES256"), lambda d: b"\0" + _p1363(d))
    yield "ES256 wide", resigned(header(alg="ES256"), lambda d: _wide(_p1363(d)))
    yield "ES256 halves swapped", resigned(header(alg="ES256"), lambda d: _swap(_p1363(d)))
    yield "ES256 with r + n", resigned(header(alg="ES256"), lambda d: _plus(_p1363(d), order))
    yield "ES256 by P-384", resigned(header(alg="ES256"), lambda d: P384.sign(d, _sha256()))
    yield "ES384 by P-256", resigned(header(alg="ES384"), _p1363)
    yield "EdDSA zeros", resigned(header(alg="EdDSA"), lambda d: bytes(64))
    identity = b"\1" + bytes(63)
    yield "EdDSA small order", resigned(header(alg="EdDSA"), lambda d: identity)
    group = 2**252 + 27742317777372353535851937790883648493

    def malleable(data: bytes) -> bytes:
        signature = ED.sign(data)
        s = int.from_bytes(signature[32:], "little") + group
        return bytes(signature[:32] + s.to_bytes(32, "little"))

    yield "EdDSA with s + L", resigned(header(alg="EdDSA"), malleable)


def _sha256() -> ec.ECDSA:
    return ec.ECDSA(hashes.SHA256())


def _der(data: bytes) -> bytes:
    return bytes(P256.sign(data, _sha256()))


def _p1363(data: bytes) -> bytes:
    r, s = utils.decode_dss_signature(_der(data))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _wide(signature: bytes) -> bytes:
    return b"\0" + signature[:32] + b"\0" + signature[32:]


def _swap(signature: bytes) -> bytes:
    return signature[32:] + signature[:32]


def _plus(signature: bytes, order: int) -> bytes:
    r = int.from_bytes(signature[:32], "big") + order
    return r.to_bytes(33, "big") + b"\0" + signature[32:]


def serialisations() -> Iterator[tuple[str, str]]:
    good = hs()
    head, payload, signature = parts(good)
    flat = {"protected": head, "payload": payload, "signature": signature}
    general = {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
    yield "JSON, flattened", json.dumps(flat)
    yield "JSON, general", json.dumps(general, separators=(",", ":"))
    yield "JSON, encoded", b64(json.dumps(flat))
    for name, text in {
        "empty": "x",
        "dots": "..",
        "many dots": "." * 100,
        "no dot": head,
        "one dot": f"{head}.{payload}",
        "four parts": f"{good}.x",
        "five parts (JWE)": f"{good}.x.y",
        "a dot before": f".{good}",
        "a dot after": f"{good}.",
        "an empty header": f".{payload}.{signature}",
        "an empty payload": f"{head}..{signature}",
        "null": "null",
        "undefined": "undefined",
        "padding after all": f"{good}=",
        "padding in the header": f"{head}=.{payload}.{signature}",
        "padding in the payload": f"{head}.{payload}=.{signature}",
        "two paddings": f"{head}.{payload}.{signature}==",
        "a slash": f"{head}.{payload}.{signature[:-1]}/",
        "a plus": f"{head}.{payload}.+{signature[1:]}",
        "a tilde": f"{head}.{payload}.{signature}~",
        "percent": f"{head}.{payload}.{signature}%3D",
        "the last bits set": f"{head}.{payload}.{_last_bits(signature)}",
        "one letter more": f"{good}A",
        "two letters more": f"{good}AA",
    }.items():
        yield f"form: {name}", text
    for position in (0, len(head) + 1, len(good) - 3):
        for letter in ("\n", "\t", " ", "\x00", "=", "é", "﻿"):
            if position or letter != " ":  # RFC 9110 section 11.4 allows several spaces there
                yield f"{letter!r} at {position}", good[:position] + letter + good[position:]


def _last_bits(signature: str) -> str:
    """Another text for the same bytes: the two bits that mean nothing are set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) | 1]


def headers() -> Iterator[tuple[str, str]]:
    for critical in (["exp"], ["b64"], ["x"], [], "exp", None, {}, ["alg"], [5]):
        yield f"crit {critical!r}", hs(head=header(crit=critical, exp=1, x=1))
    yield "b64 false", hs(head=header(b64=False))
    yield "b64 false, crit", hs(head=header(b64=False, crit=["b64"]))
    yield "embedded jwk", jwt.encode(claims(), ATTACKER, "RS256", {"jwk": jwk(ATTACKER)})
    yield "embedded oct jwk", hs(head=header(jwk={"kty": "oct", "k": b64(SECRET)}))
    for name in ("jku", "x5u"):
        text = jwt.encode(claims(), ATTACKER, "RS256", {name: "http://127.0.0.1:1/keys"})
        yield f"{name} of an attacker", text
        yield f"{name}, own key", rs(**{name: "file:///etc/passwd"})
    yield "x5c", jwt.encode(claims(), ATTACKER, "RS256", {"x5c": ["MIIB"]})
    for kid in ("../../dev/null", "' OR 1=1 --", "/dev/null", "x" * 5000, "\x00", "old\n"):
        yield f"kid {kid[:20]!r}", jwt.encode(claims(), ATTACKER, "RS256", {"kid": kid})
    for kid in (5, None, True, ["r"], {"a": 1}):
        yield f"kid {kid!r}", hs(head=header(kid=kid))
    for kind in (5, None, ["JWT"], "logout+jwt", "dpop+jwt", "application/secevent+jwt"):
        yield f"typ {kind!r}", hs(head=header(typ=kind))
    yield "a nested token", hs(payload=json.dumps(hs()), head=header(cty="JWT"))
    yield "a nested token, bare", hs(payload=hs().encode(), head=header(cty="JWT"))


def texts() -> Iterator[tuple[str, str]]:
    """JSON that two readers could read differently, in the header and in the payload."""
    good, end = json.dumps(claims()), json.dumps(claims())[1:]
    for name, data in {
        "a member twice": ('{"sub": "ann", ' + end).encode(),
        "a member twice, nested": ('{"a": {"b": 1, "b": 2}, ' + end).encode(),
        "a member twice, escaped": ('{"\\u0073ub": "ann", ' + end).encode(),
        "UTF-16": good.encode("utf-16"),
        "UTF-16 without BOM": good.encode("utf-16-le"),
        "UTF-32": good.encode("utf-32"),
        "a BOM": b"\xef\xbb\xbf" + good.encode(),
        "Latin-1": good.replace("admin", "ädmin").encode("latin-1"),
        "overlong UTF-8": good.encode().replace(b"admin", b"\xc0\xaedmin"),
        "a surrogate": good.encode().replace(b"admin", b"\xed\xa0\x80"),
        "an escaped surrogate": good.encode().replace(b"admin", b"\\ud800"),
        "something after": good.encode() + b"x",
        "two objects": good.encode() * 2,
        "NaN": b'{"x": NaN, ' + end.encode(),
        "Infinity": b'{"x": -Infinity, ' + end.encode(),
        "1e999": b'{"x": 1e999, ' + end.encode(),
        "5,000 digits": b'{"x": ' + b"9" * 5000 + b", " + end.encode(),
        "a control character": good.encode().replace(b"admin", b"ad\nmin"),
        "single quotes": good.replace('"', "'").encode(),
        "a comment": b"/* x */" + good.encode(),
        "a comma too much": good.encode()[:-1] + b",}",
        "a list": b"[" + good.encode() + b"]",
        "a string": json.dumps(good).encode(),
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "nothing": b"",
        "white space": b"  ",
        "half": good.encode()[:30],
        "deep": b'{"x":' + b"[" * 3000 + b"]" * 3000 + b", " + end.encode(),
        "deeper": b"[" * 5000,
        "binary": bytes(range(256)),
    }.items():
        yield f"payload: {name}", hs(payload=data)
        alg = b'{"alg": "HS256", ' + data[1:] if data[:1] == b"{" else data
        yield f"header: {name}", hs(head=alg)


def contents() -> Iterator[tuple[str, str]]:
    for name, value in {
        "exp": [
            ...,
            None,
            True,
            "",
            str(NOW + 60),
            [NOW + 60],
            {},
            NOW - 60,
            0,
            -1,
            -(10**30),
            1e-9,
        ],
        "nbf": [None, True, "x", [], NOW + 86400, 10**30],
        "iat": [None, False, "x", {}, NOW + 86400, 1e300],
        "iss": [..., None, [ISSUER], {"a": 1}, 5, "", ISSUER[:-1], ISSUER.upper(), ISSUER + "\0"],
        "aud": [..., None, [], [5], 5, True, {AUDIENCE: 1}, "recipe", "recipes ", ["x", None], ""],
        "sub": [
            ...,
            None,
            "",
            " ",
            True,
            1.5,
            [],
            ["admin"],
            {},
            "a\nb",
            "a\x00",
            "\u2028",
            "\x85",
        ],
        "roles": [5, True, {"admin": 1}, [["admin"]], [None], ["admin", 5]],
        "scope": [5, True, {"a": 1}, [1]],
    }.items():
        for each in value:
            yield f"{name} {named(each)}"[:60], hs(payload=claims(**{name: each}))


def named(value: object) -> str:
    """The same in every run."""
    text = repr(value)
    for time_, words in TIMES.items():
        text = text.replace(str(time_), words)
    return text


CORPUS = {
    name: text
    for group in (algorithms, signatures, curves, serialisations, headers, texts, contents)
    for name, text in group()
}


@pytest.fixture(scope="module")
def verifiers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Authentication]:
    file: Path = tmp_path_factory.mktemp("keys") / "jwks.json"
    file.write_bytes(jwks(*(jwk(key, kid=str(at)) for at, key in enumerate((RSA, P256, ED)))))
    options = {"issuer": ISSUER, "audience": AUDIENCE}
    every = ("RS256", "PS256", "ES256", "EdDSA")
    return {
        "secret": Authentication(app, Bearer(secret=SECRET, **options)),  # type: ignore[arg-type]
        "RSA": Authentication(app, Bearer(public_key=pem(RSA), **options)),  # type: ignore[arg-type]
        "EC": Authentication(app, Bearer(public_key=pem(P256), **options)),  # type: ignore[arg-type]
        "set": Authentication(
            app,
            Bearer(jwks=str(file), algorithms=every, **options),  # type: ignore[arg-type]
        ),
    }


def test_each_verifier_accepts_its_own(verifiers: dict[str, Authentication]) -> None:
    own = {"secret": hs(), "RSA": rs(), "EC": rs(P256, "ES256"), "set": rs(kid="0")}
    for name, text in own.items():
        for verifier, layer in verifiers.items():
            fits = verifier == name or (verifier == "set" and name in ("RSA", "EC"))
            if name == "set":
                fits = verifier in ("set", "RSA")
            status = call(layer, HTTP_AUTHORIZATION=f"Bearer {text}").status
            assert status == (200 if fits else 401), (name, verifier)


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 200


@pytest.mark.parametrize("name", CORPUS)
def test_no_forged_token_gets_in(name: str, verifiers: dict[str, Authentication]) -> None:
    for verifier, layer in verifiers.items():
        answer = call(layer, HTTP_AUTHORIZATION=f"Bearer {CORPUS[name]}")
        assert answer.status in (400, 401), verifier
        assert answer.code in ("invalid-request", "invalid-credentials", "expired-credentials")
        assert answer.all("WWW-Authenticate")[0].startswith('Bearer realm="api", error="invalid_')
        assert "admin" not in answer.body.decode()
