"""Users that somebody in front of us has authenticated: a proxy, or the server itself.

`Proxy` believes headers, but only those that come over the socket of a trusted peer:
the address is the socket's own, whatever ProxyFix has made of `REMOTE_ADDR` since.
`RemoteUser` believes `REMOTE_USER`, which no request header can set (PEP 3333).
Both stand for a login of the browser, hence they are ambient.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import PolicyError
from .custom import header_key
from .header import challenge as written
from .header import is_scheme
from .identity import Identity, valid_user
from .options import names
from .scheme import invalid

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Proxy", "RemoteUser"]

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxy:
    """Users that an authenticating proxy names in headers (oauth2-proxy, nginx).

    - `user`: the header with the name, in UTF-8. `roles`, `scopes`: headers with lists,
      separated by commas.
    - `peers`: whom to believe: addresses, networks (`"10.0.0.0/8"`), or `"unix"` for a Unix
      socket. It is the socket's own peer, before any ProxyFix.
    - `realm`: told in the challenge. `name`: the name of the scheme.

    Raises `PolicyError` for wrong options. environ keys read: `REMOTE_ADDR`,
    `werkzeug.proxy_fix.orig`, `gunicorn.socket`, and those headers.
    """

    ambient = True
    header: str | None = None

    def __init__(
        self,
        *,
        user: str = "X-Forwarded-User",
        roles: str = "",
        scopes: str = "",
        peers: str | Sequence[str] = (),
        realm: str = "api",
        name: str = "proxy",
    ) -> None:
        self.name = name
        self._user = header_key(user, "user")
        self._roles = header_key(roles, "roles") if roles != "" else ""
        self._scopes = header_key(scopes, "scopes") if scopes != "" else ""
        listed = names(peers, "peers")
        if not listed:
            raise PolicyError("names nobody", key="peers", hint='write ["127.0.0.1", "unix"]')
        self._unix = "unix" in listed
        self._networks = tuple(_network(each) for each in listed if each != "unix")
        self._challenges = (written("Proxy", realm=realm),)
        #: environ keys of the headers that are for the app when the peer is trusted.
        self.passed = tuple(filter(None, (self._user, self._roles, self._scopes)))

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """One challenge; it knows no errors."""
        return self._challenges

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """Whom the proxy names; None without a name, or if it is not the proxy that says so."""
        user = environ.get(self._user)
        if not user or not self._trusts(environ):
            return None
        return Identity(
            _name(user),
            self.name,
            _listed(environ.get(self._roles, "")),
            _listed(environ.get(self._scopes, "")),
        )

    def _trusts(self, environ: WSGIEnvironment) -> bool:
        peer = _peer(environ)
        if not peer:
            # gunicorn leaves it empty on a Unix socket; without the key nothing is known.
            return peer == "" and self._unix
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._networks)


class RemoteUser:
    """The user that the server has authenticated: `REMOTE_USER` of the environ (RFC 3875).

    Only where the server sets it itself (mod_wsgi, uWSGI, Kerberos or certificates in Apache).

    - `challenge`: the scheme that WWW-Authenticate names. `realm`: told with it, if given.
    - `name`: the name of the scheme.

    Raises `PolicyError` for a challenge that is no scheme. environ keys read: `REMOTE_USER`.
    """

    ambient = True
    header: str | None = None

    def __init__(
        self, *, challenge: str = "Negotiate", realm: str = "", name: str = "remote_user"
    ) -> None:
        if not is_scheme(challenge):
            raise PolicyError(f"{challenge!r} is not a scheme", key="challenge")
        self.name = name
        self._challenges = (written(challenge, realm=realm),)

    def challenges(self, error: str = "") -> tuple[str, ...]:
        """One challenge; it knows no errors."""
        return self._challenges

    def authenticate(self, environ: WSGIEnvironment) -> Identity | None:
        """The server's user; None without one."""
        user = environ.get("REMOTE_USER")
        return Identity(_name(user), self.name) if user else None


def _peer(environ: WSGIEnvironment) -> str | None:
    """The address of the socket's own peer; "" on a Unix socket, None where it is not known.

    Asked of the socket where the server lends it: what stands in the environ may have been
    replaced, also what ProxyFix has kept of it, by a second one.
    """
    ask = getattr(environ.get("gunicorn.socket"), "getpeername", None)
    if ask is None:
        original = environ.get("werkzeug.proxy_fix.orig", environ)
        found: str | None = original.get("REMOTE_ADDR")
        return found
    try:
        peer = ask()
    except OSError:  # gone
        return None
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _name(sent: str) -> str:
    """Environ text as the user it names: UTF-8 (PEP 3333 has bytes as Latin-1)."""
    try:
        user = sent.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise invalid("the name of the user is not UTF-8") from None
    if not valid_user(user):
        raise invalid("the name of the user has control characters")
    return user


def _listed(sent: str) -> frozenset[str]:
    try:
        text = sent.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise invalid("the roles of the user are not UTF-8") from None
    return frozenset(filter(None, map(str.strip, text.split(","))))


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        reason = f"{text!r} is neither an address nor a network"
        raise PolicyError(reason, key="peers", hint='write ["127.0.0.1", "unix"]') from None
