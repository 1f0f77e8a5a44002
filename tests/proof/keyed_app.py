"""An app whose tokens are signed by a provider: its URL is STATUSWARE_PROVIDER."""

import os

from statusware import wrap
from statusware.auth import keyset

__all__ = ["make"]


def hello(environ, start_response):
    """Only whom the policy lets through sees this."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def make():
    """The app; STATUSWARE_PAUSE shortens the time between two fetches, for short runs.

    STATUSWARE_MAX_AGE is how long a set counts.
    """
    keyset.PAUSE = float(os.environ.get("STATUSWARE_PAUSE", keyset.PAUSE))
    bearer = {"jwks": os.environ["STATUSWARE_PROVIDER"], "algorithms": ["ES256"]}
    if "STATUSWARE_MAX_AGE" in os.environ:
        bearer["max_age"] = float(os.environ["STATUSWARE_MAX_AGE"])
    return wrap(
        hello,
        {
            "auth": {"bearer": bearer},
            "routes": [{"match": "GET /hello"}],
        },
    )
