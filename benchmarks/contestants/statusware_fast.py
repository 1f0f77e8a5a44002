"""statusware with the extra `fast`, around the bare Flask app, which parses the body again."""

from contestants import statusware_default

VENV = "fast"

bare = statusware_default.bare
build = statusware_default.build
