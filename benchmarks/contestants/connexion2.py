"""connexion 2 (WSGI, Flask): validation and security from the document."""

from contestants import _connexion

VENV = "connexion2"


def build():
    from connexion import FlaskApp, Resolver

    app = FlaskApp("connexion2", options={"swagger_ui": False, "serve_spec": False})
    app.add_api(_connexion.document(), resolver=Resolver(_connexion.handlers().__getitem__))
    return app.app
