"""Bottle: `gunicorn shop:app` in this folder."""

from bottle import Bottle, abort, request, response

from statusware import wrap

RECIPES = {1: {"name": "Soup"}}
shop = Bottle()


@shop.get("/recipes/<number:int>")
def show(number):
    return RECIPES.get(number) or abort(404, f"no recipe {number}")


@shop.post("/recipes")
def create():
    RECIPES[number := max(RECIPES) + 1] = request.json
    response.status = 201
    return {"id": number, "by": request.environ["REMOTE_USER"]}


app = wrap(shop, "statusware.toml")
