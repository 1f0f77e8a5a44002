"""The engine of an app, and one session for each request."""

from __future__ import annotations

from flask import Flask, current_app, g
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from .models import Base


def init_app(app: Flask, url: str) -> None:
    """Connects `app` to the database at `url`, and creates the tables that are missing."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            # Not create_all(): it looks first, and several workers start at once.
            connection.execute(CreateTable(table, if_not_exists=True))
    engine.dispose()
    app.extensions["engine"] = engine
    app.teardown_appcontext(close)


def session() -> Session:
    """The session of this request."""
    if "session" not in g:
        g.session = Session(current_app.extensions["engine"], expire_on_commit=False)
    current: Session = g.session
    return current


def close(_error: BaseException | None) -> None:
    """Ends the session of this request; what was not committed is gone."""
    if "session" in g:
        g.pop("session").close()
