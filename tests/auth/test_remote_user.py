"""REMOTE_USER: frameworks that go by it see the verified identity, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path
from flask import Flask, request
from pyramid.config import Configurator
from werkzeug.test import Client

from statusware import wrap
from tests.django_app import DjangoApp

from .forge import SECRET, claims, token

POLICY = {
    "auth": {"bearer": {"secret": SECRET}},
    "routes": [{"match": "GET /who", "allow": ["everyone"]}],
}


def flask() -> Any:
    app = Flask("who")
    app.get("/who")(lambda: str(request.remote_user))
    return app


def pyramid() -> Any:
    with Configurator() as config:
        config.add_route("who", "/who")
        config.add_view(
            lambda request: str(request.remote_user), route_name="who", renderer="string"
        )
        return config.make_wsgi_app()


def django() -> Any:
    return DjangoApp([path("who", lambda r: HttpResponse(str(r.META.get("REMOTE_USER"))))])


@pytest.mark.parametrize("make", [flask, pyramid, django])
@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ({"Authorization": f"Bearer {token(claims(sub='ann'))}"}, "ann"),
        ({}, "None"),
        ({"Authorization": "Bearer a.b.c"}, "None"),
        ({"Remote-User": "root", "X-Remote-User": "root"}, "None"),
    ],
)
def test_what_the_app_sees(make: Any, headers: dict[str, str], user: str) -> None:
    environ = {"REMOTE_USER": "left by somebody"}
    answer = Client(wrap(make(), POLICY)).get("/who", headers=headers, environ_overrides=environ)
    assert answer.text == user
