"""statusware as it installs by default, around the bare Flask app."""

from contestants import _statusware, bare_flask

VENV = "default"

bare = bare_flask.build


def build():
    """The bare app, wrapped."""
    return _statusware.wrapped(bare())
