"""statusware with the extra `fast` as Flask extension: the view takes the parsed body over."""

from contestants import _statusware, bare_flask

VENV = "fast"

bare = bare_flask.build


def build():
    """The bare app with the extension."""
    from statusware.integrations.flask import Statusware

    app = bare()
    Statusware(app, _statusware.POLICY)
    return app
