"""Key sets: of a file, and of an identity provider that is well or ill."""

from __future__ import annotations

import datetime
import logging
import os
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from statusware import Authentication, PolicyError
from statusware.auth.bearer import Bearer
from statusware.auth.fetch import LIMIT, MAX_BYTES
from statusware.auth.scheme import Refused

from .forge import bearer, claims
from .forge import token as hmac_token
from .provider import ILL, Provider, running
from .test_public import PRIVATE, jwk, jwks, private_pem, token
from .wsgi import app, call

OLD, NEW = PRIVATE["RSA"], PRIVATE["RSA other"]
SET_OLD = jwks(jwk(OLD, kid="old"))
SET_BOTH = jwks(jwk(OLD, kid="old"), jwk(NEW, kid="new"))
SET_NEW = jwks(jwk(NEW, kid="new"))


def old(**more: Any) -> str:
    return token(OLD, "RS256", {"kid": "old"}, **more)


def new(**more: Any) -> str:
    return token(NEW, "RS256", {"kid": "new"}, **more)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as found:
        found.body = SET_OLD
        yield found


class Clock:
    """`time.monotonic`, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("statusware.auth.bearer.monotonic", found)
    monkeypatch.setattr("statusware.auth.keyset.monotonic", found)
    monkeypatch.setattr("statusware.auth.watched.monotonic", found)
    for module in ("fetch", "keyset"):
        monkeypatch.setattr(f"statusware.auth.{module}.LIMIT", 0.3)
    return found


#: Seconds: less than the limit of a fetch, more than a busy machine takes.
NO_WAIT = 0.28


def answer(scheme: Bearer, value: str) -> int:
    try:
        assert scheme.authenticate(bearer(value)) is not None
    except Refused as refused:
        if refused.status == 503:
            assert dict(refused.headers)["Retry-After"].isdigit()
        return refused.status
    return 200


def timed(scheme: Bearer, value: str) -> tuple[int, float]:
    start = time.perf_counter()
    return answer(scheme, value), time.perf_counter() - start


def settle(provider: Provider, asked: int) -> None:
    """Wait until the background has asked so often, and is done with the answer."""
    for _ in range(200):
        if provider.asked >= asked:
            break
        time.sleep(0.01)
    time.sleep(0.3)


def test_what_a_fetch_may_take() -> None:
    assert (LIMIT, MAX_BYTES) == (2.0, 1 << 19)


def test_nothing_is_fetched_before_the_first_token(provider: Provider) -> None:
    scheme = Bearer(jwks=provider.url)
    assert provider.asked == 0
    assert answer(scheme, "a.b.c") == 401
    assert answer(scheme, hmac_token()) == 401
    assert provider.asked == 0  # refused without any key
    assert answer(scheme, old()) == 200
    assert answer(scheme, old()) == 200
    assert provider.asked == 1
    assert provider.requests[0].startswith(b"GET /keys?a=b HTTP/1.1\r\n")
    assert b"uthorization" not in provider.requests[0]


def test_chunked_answers(provider: Provider) -> None:
    provider.mode = "chunked"
    assert answer(Bearer(jwks=provider.url), old()) == 200


@pytest.mark.parametrize("mode", ILL)
def test_an_ill_provider_lets_nobody_in(
    mode: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.mode = mode
    scheme = Bearer(jwks=provider.url)
    status, seconds = timed(scheme, old())
    assert status == 503
    assert seconds < 2.5
    later = [timed(scheme, old()) for _ in range(3)]
    assert [status for status, _ in later] == [503] * 3
    # A busy machine may hold up one of them: who waits for the provider holds up all.
    assert min(seconds for _, seconds in later) < 0.1 or mode in ("drip", "drip_head", "slow")
    assert provider.asked == 1
    ours = [r for r in caplog.records if r.name.startswith("statusware")]
    assert ours
    assert not any(record.exc_info for record in ours)


@pytest.mark.parametrize("mode", ILL)
def test_known_keys_go_on_serving(mode: str, provider: Provider, clock: Clock) -> None:
    scheme = Bearer(jwks=provider.url, max_age=1000)
    assert answer(scheme, old()) == 200
    provider.mode = mode
    clock.ahead = 400
    for number in range(3):
        status, seconds = timed(scheme, old(n=number))
        assert status == 200
        assert seconds < NO_WAIT
    settle(provider, 2)
    assert provider.asked == 2
    assert answer(scheme, old()) == 200
    clock.ahead = 1001
    assert answer(scheme, old()) == 503
    assert answer(scheme, old(n=5)) == 503
    settle(provider, 3)
    provider.mode = "good"
    clock.ahead = 1100
    assert answer(scheme, old()) == 200


def test_a_provider_that_is_not_there(clock: Clock) -> None:
    with running() as provider:
        url = provider.url
    scheme = Bearer(jwks=url)
    assert answer(scheme, old()) == 503


@pytest.mark.parametrize(("after", "seconds"), [(0, "31"), (20, "11"), (29.5, "2")])
def test_when_to_come_again(after: float, seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("statusware.auth.keyset.monotonic", lambda: now[0])
    with running() as provider:
        url = provider.url
    layer, told = Authentication(app, Bearer(jwks=url)), []
    for now[0] in (100, 100 + after):
        told += call(layer, **bearer(old())).all("Retry-After")
    assert told == ["31", seconds]


def test_rotation_with_overlap(provider: Provider, clock: Clock) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    provider.body = SET_BOTH
    clock.ahead = 31
    assert answer(scheme, new()) == 200
    assert answer(scheme, old()) == 200
    assert provider.asked == 2


@pytest.mark.parametrize(("max_age", "after", "asked"), [(100, 49, 1), (100, 52, 2), (1000, 299, 1),
                                                         (1000, 302, 2)])  # fmt: skip
def test_a_set_is_fetched_again_at_half_its_age(
    max_age: int, after: int, asked: int, provider: Provider, clock: Clock
) -> None:
    scheme = Bearer(jwks=provider.url, max_age=max_age)
    assert answer(scheme, old()) == 200
    clock.ahead = after
    assert answer(scheme, old(jti="2")) == 200
    settle(provider, asked) if asked > 1 else time.sleep(0.1)
    assert provider.asked == asked


def test_a_key_that_leaves_drops_its_tokens(provider: Provider, clock: Clock) -> None:
    provider.body = SET_BOTH
    scheme, first, second = Bearer(jwks=provider.url), old(), new()
    assert (answer(scheme, first), answer(scheme, second)) == (200, 200)
    provider.body = SET_NEW
    provider.mode = "late"
    clock.ahead = 301
    assert answer(scheme, first) == 200  # triggers the refresh, does not wait for it
    settle(provider, 2)
    assert (answer(scheme, first), answer(scheme, second)) == (401, 200)


def test_a_key_replaced_under_its_kid_drops_its_tokens(provider: Provider, clock: Clock) -> None:
    scheme, first = Bearer(jwks=provider.url), old()
    assert answer(scheme, first) == 200
    provider.body = jwks(jwk(NEW, kid="old"))
    provider.mode = "late"
    clock.ahead = 301
    assert answer(scheme, first) == 200
    settle(provider, 2)
    assert answer(scheme, first) == 401


def test_a_flood_of_unknown_keys_is_one_fetch_in_30_seconds(
    provider: Provider, clock: Clock
) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    for number in range(20):
        assert answer(scheme, token(NEW, "RS256", {"kid": f"k{number}"})) == 401
    assert provider.asked == 1
    clock.ahead = 31
    for number in range(20):
        assert answer(scheme, token(NEW, "RS256", {"kid": f"k{number}"})) == 401
    assert provider.asked == 2


def test_an_unknown_key_while_the_provider_is_down(provider: Provider, clock: Clock) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    provider.mode = "error"
    clock.ahead = 31
    for _ in range(5):
        assert answer(scheme, new()) == 503
    assert answer(scheme, old(n=1)) == 200
    assert provider.asked == 2


def test_nobody_waits_for_the_fetch_of_another(provider: Provider, clock: Clock) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    provider.mode = "slow"
    clock.ahead = 31
    waiting = threading.Thread(target=answer, args=(scheme, new()))
    waiting.start()
    settle(provider, 2)
    for value, status in ((new(n=1), 503), (old(n=2), 200)):
        assert timed(scheme, value)[0] == status
        assert timed(scheme, value)[1] < NO_WAIT
    waiting.join()
    assert provider.asked == 2


@pytest.mark.parametrize("mode", ILL)
def test_a_new_scheme_goes_on_with_the_keys_at_hand(
    mode: str, provider: Provider, clock: Clock
) -> None:
    """As a policy that is reloaded makes one: the keys are good, whatever ails the provider."""
    before = Bearer(jwks=provider.url)
    assert answer(before, old()) == 200
    provider.mode = mode
    after = Bearer(jwks=provider.url, realm="another", audience="api")
    assert answer(after, old(aud="api")) == 200
    assert answer(after, old(aud="other")) == 401
    assert provider.asked == 1, "nor is it asked more often"
    clock.ahead = 86_401
    assert answer(after, old(aud="api", exp=int(time.time()) + 90_000)) == 503


def test_keys_are_shared_for_the_same_use_alone(provider: Provider) -> None:
    assert answer(Bearer(jwks=provider.url), old()) == 200
    first = Bearer(jwks=provider.url)
    assert answer(first, old()) == 200
    assert provider.asked == 2, "they go with the last scheme that had them"
    assert answer(Bearer(jwks=provider.url, algorithms=["ES256"]), old()) == 401
    assert answer(Bearer(jwks=provider.url, max_age=60), old()) == 200
    assert answer(Bearer(jwks=f"{provider.url}2"), old()) == 200
    assert provider.asked == 4


def test_the_very_first_requests_share_one_fetch(provider: Provider) -> None:
    provider.mode = "late"
    scheme = Bearer(jwks=provider.url)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(answer(scheme, old(n=n))))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert provider.asked == 1


def test_no_second_wait_for_another_when_the_first_failed(provider: Provider, clock: Clock) -> None:
    provider.mode = "error"
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 503
    provider.mode = "slow"
    clock.ahead = 31
    waiting = threading.Thread(target=answer, args=(scheme, old()))
    waiting.start()
    settle(provider, 2)
    status, seconds = timed(scheme, old())
    assert status == 503
    assert seconds < NO_WAIT
    waiting.join()


def test_tokens_without_kid_try_the_keys_that_fit(provider: Provider) -> None:
    provider.body = jwks(jwk(PRIVATE["P-256"], kid="e"), jwk(OLD, kid="old"), jwk(NEW, kid="new"))
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, token(NEW, "RS256")) == 200
    assert answer(scheme, token(PRIVATE["P-256"], "ES256")) == 200
    assert answer(scheme, token(PRIVATE["P-384"], "ES384")) == 401
    assert answer(scheme, token(OLD, "RS256", {"kid": "new"})) == 401


def test_an_empty_set_withdraws_all_keys(provider: Provider, clock: Clock) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    provider.body = jwks()
    provider.mode = "late"
    clock.ahead = 301
    assert answer(scheme, old()) == 200
    settle(provider, 2)
    assert answer(scheme, old()) == 401


def test_a_forked_process_fetches_for_itself(provider: Provider) -> None:
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 200
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # The parent's thread and lock are not here; nothing may hang, or be believed unseen.
        scheme._keys._lock.acquire()  # type: ignore[attr-defined]
        status = answer(scheme, old(n=1))
        os.write(write, str(status).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"200"
    assert provider.asked == 2


def test_no_thread_can_be_started(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    scheme = Bearer(jwks=provider.url)
    assert answer(scheme, old()) == 503
    assert answer(scheme, old()) == 503


def test_a_bug_in_the_thread_is_seen(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("statusware.auth.keyset.jwk_keys", lambda *a: 1 / 0)
    assert answer(Bearer(jwks=provider.url), old()) == 503
    assert "ZeroDivisionError" in caplog.text


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


def test_a_file_is_read_again_when_it_changes(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "jwks.json"
    write(path, SET_OLD)
    scheme, cached = Bearer(jwks=str(path)), old()
    assert (answer(scheme, cached), answer(scheme, new())) == (200, 401)
    write(path, SET_NEW)
    clock.ahead += 2
    assert (answer(scheme, cached), answer(scheme, new())) == (401, 200)
    for broken in (b"{", b"[]", b""):
        write(path, broken)
        clock.ahead += 2
        assert (answer(scheme, cached), answer(scheme, new())) == (401, 200)
    path.unlink()
    clock.ahead += 2
    assert answer(scheme, new()) == 200
    assert "old version stays" in caplog.text
    caplog.clear()
    clock.ahead += 2
    assert answer(scheme, new()) == 200
    assert not caplog.records  # told once


def test_a_file_is_looked_at_once_a_second(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    write(path, SET_OLD)
    scheme = Bearer(jwks={"file": str(path)})
    assert answer(scheme, old()) == 200
    write(path, SET_NEW)
    assert answer(scheme, old()) == 200


def test_unusable_keys_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(jwk(OLD, use="enc", kid="x\ny"), jwk(NEW)))
    with caplog.at_level(logging.WARNING):
        Bearer(jwks=str(path))
    assert caplog.messages == ["a key of the set is not used: key 0: is not for signatures"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"jwks": ""}, "must be a file or a URL"),
        ({"jwks": 5}, "must be a file or a URL"),
        ({"jwks": ["a"]}, "must be a file or a URL"),
        ({"jwks": "/nonexistent"}, "/nonexistent cannot be read"),
        ({"jwks": "file:/etc/passwd"}, "cannot be read"),
        ({"jwks": "file:///etc/passwd"}, "must be a file or an https URL"),
        ({"jwks": "ftp://id.example.com/"}, "must be a file or an https URL"),
        ({"jwks": "http://id.example.com/"}, "must be https"),
        ({"jwks": "http://127.0.0.1.evil.example/"}, "must be https"),
        ({"jwks": "http://localhost.evil.example/"}, "must be https"),
        ({"jwks": "https:///path"}, "must be a file or an https URL"),
        ({"jwks": "https://user:pw@id.example.com/"}, "without a user"),
        ({"jwks": "https://id.example.com/#x"}, "without a user and a fragment"),
        ({"jwks": "https://id.example.com:x/"}, "is not a URL"),
        ({"jwks": "https://id.example.com/\r\nX: y"}, "is not a URL"),
        ({"jwks": "https://[::1/"}, "is not a URL"),
        ({"jwks": "https://id/", "algorithms": ["HS256"]}, "algorithms: 'HS256'"),
        ({"jwks": "https://id/", "max_age": -1}, "max_age: must be a number"),
        ({"jwks": "https://id/", "max_age": 59}, "max_age: must be 60 seconds at least"),
        ({"jwks": "https://id/", "secret": "x"}, "exclude each other"),
    ],
)
def test_wrong_options(options: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Bearer(**options)
    assert told in str(caught.value)


@pytest.mark.parametrize("data", [b"{}", jwks(), jwks(jwk(OLD, use="enc")), b"\xff"])
def test_files_that_are_refused_at_start(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_bytes(data)
    with pytest.raises(PolicyError, match="jwks"):
        Bearer(jwks=str(tmp_path / "jwks.json"))


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://[::1]:80/", "http://127.9.9.9/", "http://a.localhost/"]
)
def test_loopback_needs_no_tls(url: str) -> None:
    Bearer(jwks=url)


def test_allow_http() -> None:
    Bearer(jwks="http://id.internal/", allow_http=True)


def test_https_speaks_tls(provider: Provider) -> None:
    assert answer(Bearer(jwks=provider.url.replace("http:", "https:")), old()) == 503
    assert provider.requests[0].startswith(b"\x16\x03")  # a TLS handshake, RFC 8446 section 5.1


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        name, name, NEW.public_key(), 1, now, now + datetime.timedelta(1)
    )
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = made.add_extension(hosts, critical=False).sign(NEW, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    (tmp_path / "tls.pem").write_text(private_pem(NEW) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem")
    with running() as provider:
        provider.body, provider.tls = SET_OLD, context
        port = provider.url.rpartition(":")[2]
        assert answer(Bearer(jwks=f"https://localhost:{port}"), old()) == 503
        assert (provider.asked, provider.requests) == (1, [])


def test_claims_are_checked_all_the_same(provider: Provider) -> None:
    scheme = Bearer(jwks=provider.url, audience="a")
    assert answer(scheme, old(aud="b")) == 401
    assert answer(scheme, token(OLD, "RS256", {"kid": "old"}, **claims(exp=5, aud="a"))) == 401
    assert answer(scheme, old(aud="a")) == 200
