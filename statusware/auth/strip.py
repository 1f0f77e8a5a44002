"""Identity headers: those by which a proxy passes on who the user is.

An app that believes them believes whoever can send a header. They are removed from every
request inside the policy, under all names that some server or framework takes for the
same one (`X_Remote_User`, `X.Remote.User`), unless a trusted proxy has sent them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from .custom import header_key

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["IDENTITY_HEADERS", "Stripper"]

#: What proxies and identity platforms are known to set.
IDENTITY_HEADERS = (
    "Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email",
    "X-Remote-User", "X-Remote-Group", "X-Remote-Groups", "X-Remote-Email", "X-Remote-Name",
    "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Roles",
    "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token",
    "X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username", "X-Auth-Request-Access-Token",
    "X-Authenticated-User", "X-Authenticated-Userid", "X-Authenticated-Groups",
    "X-Webauth-User", "X-Webauth-Groups", "X-Vouch-User", "X-User", "X-User-Id", "X-Userinfo",
    "X-Consumer-Username", "X-Consumer-Id", "X-Credential-Username", "X-Credential-Identifier",
    "X-Authentik-Username", "X-Authentik-Groups", "X-Authentik-Email", "X-Authentik-Uid",
    "X-Pomerium-Claim-Email", "X-Pomerium-Jwt-Assertion",
    "X-Goog-Authenticated-User-Email", "X-Goog-Authenticated-User-Id", "X-Goog-Iap-Jwt-Assertion",
    "Cf-Access-Authenticated-User-Email", "Cf-Access-Jwt-Assertion",
    "X-Ms-Client-Principal", "X-Ms-Client-Principal-Id", "X-Ms-Client-Principal-Name",
    "X-Amzn-Oidc-Identity", "X-Amzn-Oidc-Data", "X-Amzn-Oidc-Accesstoken",
    "Tailscale-User-Login", "Tailscale-User-Name",
    "X-Ssl-Client-Cert", "X-Ssl-Client-Dn", "X-Ssl-Client-S-Dn", "X-Ssl-Client-Verify",
    "Ssl-Client-Cert", "Ssl-Client-Verify", "X-Client-Cert", "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info",
)  # fmt: skip

#: Keys that are in nearly every environ; a set difference in C leaves few to look at.
_COMMON = frozenset({
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "RAW_URI", "REQUEST_URI",
    "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
    "SERVER_SOFTWARE", "GATEWAY_INTERFACE", "REMOTE_ADDR", "REMOTE_PORT", "REMOTE_HOST",
    "REMOTE_USER", "AUTH_TYPE", "wsgi.version", "wsgi.url_scheme", "wsgi.input",
    "wsgi.input_terminated", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess",
    "wsgi.run_once", "wsgi.file_wrapper", "gunicorn.socket", "waitress.client_disconnected",
    "werkzeug.socket", "werkzeug.request", "HTTP_HOST", "HTTP_CONNECTION", "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE", "HTTP_AUTHORIZATION", "HTTP_CACHE_CONTROL",
    "HTTP_COOKIE", "HTTP_ORIGIN", "HTTP_PRAGMA", "HTTP_REFERER", "HTTP_TRANSFER_ENCODING",
    "HTTP_UPGRADE_INSECURE_REQUESTS", "HTTP_USER_AGENT", "HTTP_SEC_FETCH_DEST",
    "HTTP_SEC_FETCH_MODE", "HTTP_SEC_FETCH_SITE", "HTTP_SEC_FETCH_USER", "HTTP_X_REQUEST_ID",
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP",
    "statusware.route", "statusware.renderer", "statusware.request_id", "statusware.answered",
    "statusware.challenges", "statusware.identity", "statusware.exception",
})  # fmt: skip

_ALIASES = str.maketrans(".-", "__")


class Stripper:
    """Removes headers from requests: those in `headers` (by default `IDENTITY_HEADERS`).

    `keys` are environ keys to remove besides: those of the headers that a scheme believes,
    if they come from somebody else. Raises `PolicyError` for what is not a list of names of
    headers.
    """

    def __init__(self, headers: Any = IDENTITY_HEADERS, *, keys: Iterable[str] = ()) -> None:
        if not isinstance(headers, list | tuple):
            raise PolicyError("must be a list of headers", key="strip_headers")
        named = (header_key(name, "strip_headers") for name in headers)
        self._keys = frozenset((*named, *keys))
        self._common = _COMMON - self._keys
        #: Whether there is nothing to remove, as most often; in C, and without making a set.
        self.harmless: Callable[[WSGIEnvironment], bool] = self._common.issuperset

    def strip(self, environ: WSGIEnvironment, *, keep: Iterable[str] = ()) -> None:
        """Remove them, but for the environ keys in `keep`."""
        if self.harmless(environ):
            return
        for key in environ.keys() - self._common:
            if key.upper().translate(_ALIASES) in self._keys and key not in keep:
                del environ[key]
