"""statusware with the extra `fast` as Flask extension: the view takes the parsed body over."""

from contestants import bare_flask, statusware_flask_as_is

VENV = "fast"

bare = bare_flask.build


def build():
    """The app with the extension. Its view asks for the body that has been checked."""
    from statusware import json_body

    return statusware_flask_as_is.build(lambda request: json_body(request.environ))
