"""connexion 3, FlaskApp, behind a2wsgi: the only way to call it as WSGI."""

from contestants import _connexion

VENV = "connexion3"


def build():
    from a2wsgi import ASGIMiddleware
    from connexion import FlaskApp

    return ASGIMiddleware(_connexion.connexion3(FlaskApp, lambda view: view))
