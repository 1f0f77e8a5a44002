"""connexion 3, AsyncApp with async handlers, called as the ASGI app that it is."""

import functools

from contestants import _connexion

VENV = "connexion3"
KIND = "asgi"


def build():
    from connexion import AsyncApp

    return _connexion.connexion3(AsyncApp, _async)


def _async(handler):
    @functools.wraps(handler)  # connexion looks at the signature
    async def handle(**arguments):
        return handler(**arguments)

    return handle
