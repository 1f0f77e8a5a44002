"""The example as it is without statusware: Werkzeug's client, no server, no policy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy.orm import Session
from werkzeug.test import Client, TestResponse

import recipes
from recipes.database import session
from recipes.models import NameTaken, Recipe, RecipeNotFound, User

EXAMPLE = Path(__file__).parent.parent / "examples" / "recipes"
SOUP = {"name": "Soup", "servings": 4, "ingredients": [{"name": "salt", "amount": 2, "unit": "g"}]}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = recipes.create_app(f"sqlite:///{tmp_path}/recipes.db")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> Client:
    client = Client(app)
    assert client.post("/recipes", json=SOUP).status_code == 201
    return client


def send(client: Client, request: str, body: Any = None, **environ: str) -> TestResponse:
    method, path = request.split()
    return client.open(path, method=method, json=body, environ_overrides=environ)


@pytest.mark.parametrize(
    ("request_line", "body", "status", "answer"),
    [
        ("GET /recipes", None, 200, {"recipes": [{"id": 1, "name": "Soup"}]}),
        ("GET /recipes/1", None, 200, {"id": 1, **SOUP, "author": None}),
        ("PUT /recipes/1", {**SOUP, "name": "Stew"}, 200, {"name": "Stew", "servings": 4}),
        ("PUT /recipes/1", {"name": "Stew", "ingredients": []}, 200, {"servings": None}),
        ("PATCH /recipes/1", {"servings": 2}, 200, {**SOUP, "servings": 2}),
        ("GET /recipes/1/per-serving", None, 200, {"name": "Soup"}),
        ("POST /recipes", {**SOUP, "name": "Stew"}, 201, {"id": 2, "name": "Stew"}),
    ],
)
def test_answers(
    client: Client, request_line: str, body: Any, status: int, answer: dict[str, Any]
) -> None:
    response = send(client, request_line, body)
    assert response.status_code == status
    assert response.json is not None
    assert {name: response.json[name] for name in answer} == answer


def test_a_created_recipe_lies_where_location_says(client: Client) -> None:
    response = send(client, "POST /recipes", {**SOUP, "name": "Stew"})
    assert response.headers["Location"] == "/recipes/2"
    assert client.get("/recipes/2").json == response.json


def test_a_deleted_recipe_is_gone(client: Client) -> None:
    response = send(client, "DELETE /recipes/1")
    assert (response.status_code, response.data) == (204, b"")
    with pytest.raises(RecipeNotFound):
        client.get("/recipes/1")


def test_an_amount_for_each_serving(client: Client) -> None:
    response = client.get("/recipes/1/per-serving")
    assert response.json == {
        "name": "Soup",
        "ingredients": [{"name": "salt", "amount": 0.5, "unit": "g"}],
    }


@pytest.mark.parametrize(
    ("request_line", "body", "error"),
    [
        ("GET /recipes/2", None, RecipeNotFound),
        ("PUT /recipes/2", SOUP, RecipeNotFound),
        ("PATCH /recipes/2", {}, RecipeNotFound),
        ("DELETE /recipes/2", None, RecipeNotFound),
        ("GET /recipes/99999999999999999999", None, RecipeNotFound),
        ("POST /recipes", SOUP, NameTaken),
    ],
)
def test_what_it_raises(
    client: Client, request_line: str, body: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        send(client, request_line, body)


def test_renaming_to_a_name_that_is_taken(client: Client) -> None:
    send(client, "POST /recipes", {**SOUP, "name": "Stew"})
    with pytest.raises(NameTaken):
        send(client, "PATCH /recipes/2", {"name": "Soup"})
    assert client.get("/recipes/2").json["name"] == "Stew"


def test_the_bug_is_there(client: Client) -> None:
    send(client, "PUT /recipes/1", {"name": "Soup", "ingredients": SOUP["ingredients"]})
    with pytest.raises(TypeError):
        client.get("/recipes/1/per-serving")


def test_its_framework_answers_in_html(client: Client) -> None:
    response = client.get("/users/nobody")
    assert (response.status_code, response.mimetype) == (404, "text/html")


def test_the_author_is_who_the_server_says(client: Client) -> None:
    zoe = "Zoë".encode().decode("latin-1")
    response = send(client, "POST /recipes", {**SOUP, "name": "Stew"}, REMOTE_USER=zoe)
    assert response.json["author"] == "Zoë"
    send(client, "POST /recipes", {**SOUP, "name": "Pie"}, REMOTE_USER=zoe)
    assert client.get("/users/Zoë").json == {"name": "Zoë", "recipes": [2, 3]}


def test_two_workers_see_a_new_user_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = app.extensions["engine"]
    with Session(engine) as first, Session(engine) as second:
        look = second.scalar

        def look_too_early(query: Any) -> Any:
            found = look(query)
            User.named(first, "zoe")
            return found

        monkeypatch.setattr(second, "scalar", look_too_early)
        assert User.named(second, "zoe").name == "zoe"


@pytest.mark.usefixtures("client")
def test_a_recipe_deleted_meanwhile_is_not_found(app: Flask) -> None:
    with app.app_context():
        recipe = Recipe.get(session(), 1)
        with Session(app.extensions["engine"]) as other:
            other.delete(Recipe.get(other, 1))
            other.commit()
        recipe.name = "Stew"
        with pytest.raises(RecipeNotFound):
            recipe.save(session())


def test_several_workers_may_start_on_one_new_file(tmp_path: Path) -> None:
    env = {**os.environ, "RECIPES_DATABASE": f"sqlite:///{tmp_path}/new.db"}
    command = [sys.executable, "-W", "error", "-c", "import recipes.wsgi"]
    workers = [
        subprocess.Popen(command, env=env, cwd=EXAMPLE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    assert [(worker.communicate()[1], worker.returncode) for worker in workers] == [(b"", 0)] * 4


@pytest.mark.parametrize("name", ["recipe", "recipe-patch"])
def test_its_schemas_are_schemas(name: str) -> None:
    text = (EXAMPLE / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))


def test_it_knows_nothing_of_statusware() -> None:
    code = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*.py")]
    assert code
    assert not [text for text in code if "statusware" in text]
