"""The same around the app as it is: its view calls `request.get_json()` as before."""

from contestants import _statusware, bare_flask

VENV = "fast"

bare = bare_flask.build


def build(*view):
    """The bare app with the extension; `view` is what `bare_flask.build` takes."""
    from statusware.integrations.flask import Statusware

    app = bare(*view)
    Statusware(app, _statusware.POLICY)
    return app
