"""The log of failures: an answer's `request_id` leads to an entry, whoever made the 5xx."""

import logging

import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import ErrorEnvelope


def flask_app():
    app = Flask("shop")

    @app.get("/")
    def bug():
        raise RuntimeError("secret detail")

    return app


def bare_json(environ, start_response):
    start_response("503 Service Unavailable", [("Content-Type", "application/json")])
    return [b'{"error": "later"}']


def echoing(environ, start_response):
    """As apps and their middleware do that trace requests."""
    fields = [("Content-Type", "application/json"), ("X-Request-ID", environ["HTTP_X_REQUEST_ID"])]
    start_response("503 Service Unavailable", fields)
    return [b'{"error": "later"}']


def raising(environ, start_response):
    raise RuntimeError("secret detail")


@pytest.mark.parametrize(
    ("app", "level"),
    [
        (flask_app(), "ERROR"),
        (bare_json, "WARNING"),
        (raising, "ERROR"),
        (echoing, "WARNING"),
        (ErrorEnvelope(bare_json), "WARNING"),
        (ErrorEnvelope(raising), "ERROR"),
    ],
    ids=["flask", "bare", "raising", "echoing", "nested bare", "nested raising"],
)
def test_the_request_id_of_a_5xx_stands_in_the_log_once(app, level, caplog):
    with caplog.at_level(logging.INFO, "statusware"):
        answer = Client(ErrorEnvelope(app)).get("/", headers={"X-Request-ID": "abc123"})
    assert answer.status_code >= 500
    assert answer.headers["X-Request-ID"] == "abc123"
    ours = [r for r in caplog.records if r.name.startswith("statusware")]
    assert [("[abc123]" in r.getMessage(), r.levelname) for r in ours] == [(True, level)]


def test_what_flask_made_of_an_exception_is_logged_with_it(caplog):
    assert Client(ErrorEnvelope(flask_app())).get("/").status_code == 500
    [record] = [r for r in caplog.records if r.name == "statusware.envelope"]
    assert (record.statusware_event, record.statusware_status) == ("failed", 500)
    assert record.exc_info[1].args == ("secret detail",)


def test_a_4xx_of_the_app_is_no_failure(caplog):
    with caplog.at_level(logging.INFO, "statusware"):
        assert Client(ErrorEnvelope(flask_app())).get("/nope").status_code == 404
    assert not [r for r in caplog.records if r.name.startswith("statusware")]
