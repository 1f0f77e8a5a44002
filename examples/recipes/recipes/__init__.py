"""A small recipe-sharing JSON API: Flask and SQLAlchemy.

    flask --app recipes run

`RECIPES_DATABASE` is any SQLAlchemy URL; default: the file recipes.db in the current
folder. Who writes a recipe is its author, if the server says who that is (REMOTE_USER).
"""

from __future__ import annotations

import os

from flask import Flask

from . import database, views


def create_app(url: str | None = None) -> Flask:
    """The app on the database at `url`, else at RECIPES_DATABASE; makes what is not there yet."""
    app = Flask(__name__)
    database.init_app(app, url or os.environ.get("RECIPES_DATABASE", "sqlite:///recipes.db"))
    app.register_blueprint(views.api)
    return app
