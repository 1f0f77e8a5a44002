"""`Bearer`: JSON Web Tokens in the Authorization header (RFC 6750, RFC 7519, RFC 8725).

A token is read strictly, its claims are checked, then its signature is verified, with
a key that decides itself which algorithms it is for. A token verified once is not
verified again until it or its key has expired; its age and `check` are asked each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from ..logs.table import CHECK_FAILED
from ..problem import Problem
from .cache import DigestCache, Verified
from .callback import load_function
from .claims import Expired
from .clock import watch_clock
from .header import challenge, read_authorization
from .jose import BadToken, Token, read_header, read_token
from .keys import Key
from .keyset import RemoteKeys
from .options import claim_rules, key_ring, scheme_names, token68
from .scheme import AUTHORIZATION, expired, invalid, malformed, unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .identity import Identity

__all__ = ["Bearer"]

#: How many verified tokens a scheme remembers, and how many that have ended.
CACHED = 2048

_NEVER = float("inf")

#: How many JOSE headers of verified tokens a scheme remembers.
HEADERS = 32


class Bearer:
    """Bearer tokens that are JWTs, of one issuer (RFC 6750, RFC 7519, RFC 8725).

    - `secret`: key for HMAC: text, bytes, `{"env": NAME}`, `{"file": PATH}`, or a list of them
      for rotation. At least as long as the hash (RFC 7518 section 3.2).
    - `public_key`: `{"file": PATH}` or PEM text, or a list of them. `jwks`: the path of a JWK
      set, or its URL. Exactly one of the three is given.
    - `algorithms`: names of those allowed; by default what fits the key (HS256 for a secret).
    - `issuer`, `audience`: text or a list, one of which `iss` and `aud` must name. A token with
      `aud` is refused where no audience is given (RFC 7519 section 4.1.3).
    - `leeway`: seconds by which clocks may differ.
    - `max_age`: seconds that a key set stays good while no newer one can be fetched (a day).
    - `allow_http`: fetch the key set without TLS from elsewhere than this machine, too.
    - `scheme`: authentication scheme, or a list of them. `realm`: told in the challenge.
    - `user`, `roles`, `scopes`: dotted paths of claims (roles and scopes: or a list of paths).
    - `claims`: a mapping of claims that a token must have, by path. `profile`: "at+jwt" for
      access tokens as RFC 9068 has them.
    - `check`: `(claims) -> bool`, or its dotted name, asked on every request; False is 401,
      what is no bool, or an exception, 503.
    - `name`: the name of the scheme, for `user:NAME/...`.

    Raises `PolicyError` for an option that is wrong, a key that is too weak, and where PyJWT is
    not installed. environ keys read: `HTTP_AUTHORIZATION`.

        scheme = Bearer(secret={"env": "JWT_SECRET"}, issuer="https://id.example.com/")
    """

    ambient = False
    header: str | None = AUTHORIZATION

    def __init__(
        self,
        *,
        secret: Any = None,
        public_key: Any = None,
        jwks: Any = None,
        algorithms: Sequence[str] | None = None,
        issuer: str | Sequence[str] = (),
        audience: str | Sequence[str] = (),
        leeway: float = 30,
        scheme: str | Sequence[str] = "Bearer",
        realm: str = "api",
        user: str = "sub",
        roles: str | Sequence[str] = "roles",
        scopes: str | Sequence[str] = "scope",
        claims: Mapping[str, Any] | None = None,
        profile: str = "",
        max_age: float | None = None,
        allow_http: bool = False,
        check: str | Callable[[Mapping[str, Any]], bool] | None = None,
        name: str = "bearer",
    ) -> None:
        self.name = name
        self._schemes = scheme_names(scheme)
        self._realm = realm
        self._lower = frozenset(each.lower() for each in self._schemes)
        self._challenges = {error: self._write(error) for error in ("", *_ERRORS)}
        self._rules = claim_rules(
            issuer=issuer, audience=audience, leeway=leeway, profile=profile,
            claims=claims, user=user, roles=roles, scopes=scopes,
        )  # fmt: skip
        self._keys = key_ring(
            secret, public_key, jwks, algorithms, max_age=max_age, allow_http=allow_http
        )
        self._changing = not math.isinf(self._keys.refresh_at)
        #: The function asked on every request; an integration may put one around it.
        self.check = load_function(check, "check") if check is not None else None
        self._cache: DigestCache[Verified] = DigestCache(CACHED)
        #: Tokens that nothing was wrong with but their age, and when they ended (seconds since
        #: 1970). A client that has not noticed repeats them.
        self._ended: DigestCache[float] = DigestCache(CACHED)
        self._headers: dict[str, dict[str, Any]] = {}

    def _write(self, error: str) -> tuple[str, ...]:
        return tuple(challenge(each, realm=self._realm, error=error) for each in self._schemes)

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """One challenge for each name of the scheme (RFC 6750 section 3)."""
        return self._challenges[error]

    @property
    def fallible(self) -> bool:
        """Whether it may be unable to say whether a token is valid (503): it asks elsewhere."""
        return self.check is not None or isinstance(self._keys, RemoteKeys)

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Whose token this is; None without one. Raises `Refused` (400, 401, 503)."""
        header = environ.get(AUTHORIZATION)
        if header is None:
            return None
        digest = blake2b(header.encode("utf-8", "surrogatepass")).digest()
        verified = self._cache.get(digest)
        if verified is not None and self._changing:
            verified = self._still_good(verified)
        if verified is None:
            if self._ended.get(digest, _NEVER) <= time():
                raise expired()
            verified = self._verify(environ, digest)
        elif verified.end <= time():
            self._cache.drop(digest)
            self._ended.put(digest, verified.end)
            raise expired()
        if verified is None:
            return None
        if self.check is not None:
            self._ask(verified.identity.claims)
        return verified.identity

    def _still_good(self, verified: Verified) -> Verified | None:
        """The same, unless its key may have left its set; looks after the keys when it is time."""
        moment = monotonic()
        if moment >= self._keys.refresh_at:
            self._keys.refresh()
        return verified if verified.key.until > moment else None

    def _verify(self, environ: WSGIEnvironment, digest: bytes) -> Verified | None:
        found = read_authorization(environ)
        if found is None or found[0] not in self._lower:
            return None
        try:
            verified = self._read(found[1], digest)
        except Expired:
            raise expired() from None
        except BadToken as error:
            if not token68(found[1]):  # then it was no token, for sure
                raise malformed("the Authorization header does not hold one bearer token") from None
            raise invalid(str(error)) from None
        self._cache.put(digest, verified)
        return verified

    def _read(self, text: str, digest: bytes) -> Verified:
        """The token, verified: what is cheap first. Raises `BadToken`."""
        token = read_token(text, self._header)
        now = time()
        watch_clock(now)
        try:
            self._rules.check(token.claims, now)
        except Expired:
            self._ended.put(digest, self._rules.last_moment(token.claims))
            raise
        key = self._signer(token)
        if len(self._headers) < HEADERS:
            self._headers[text.partition(".")[0]] = token.header
        identity = self._rules.identity(token.claims, self.name)
        return Verified(self._rules.last_moment(token.claims), key, identity)

    def _header(self, segment: str) -> dict[str, Any]:
        """The JOSE header, checked. Those of verified tokens are remembered: they are all alike."""
        header = self._headers.get(segment)
        if header is None:
            header = read_header(segment)
            self._rules.check_header(header)
        return header

    def _signer(self, token: Token) -> Key:
        algorithm = token.header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._keys.algorithms:
            raise BadToken("alg is not an allowed algorithm")
        for key in self._keys.find(algorithm, token.header.get("kid")):
            if key.verify(algorithm, token.signed, token.signature):
                return key
        raise BadToken("no key of ours has signed it")

    def _ask(self, claims: Mapping[str, Any]) -> None:
        """Ask `check`; only True lets pass, and what is not a bool is a fault of its own."""
        check = self.check
        try:
            verdict = check(claims) if check is not None else True
        except Problem as problem:  # one that is made once must not gather frames
            problem.__traceback__ = None
            raise
        except Exception as error:  # the app's code: whatever it raises, nobody passes
            CHECK_FAILED.tell(self.name, error=error, layer="Authentication")
            raise unavailable("the check failed") from None
        if verdict is not True:
            if verdict not in (False, None):
                raise unavailable("the check returned something that is not a bool")
            raise invalid("the check refused it")


_ERRORS = ("invalid_token", "invalid_request")
