"""Falcon: `gunicorn shop:app` in this folder."""

import falcon

from statusware import wrap

RECIPES = {1: {"name": "Soup"}}


class Recipes:
    def on_get_one(self, request, response, number):
        if number not in RECIPES:
            raise falcon.HTTPNotFound(description=f"no recipe {number}")
        response.media = RECIPES[number]

    def on_post(self, request, response):
        RECIPES[number := max(RECIPES) + 1] = request.media
        response.status, response.location = falcon.HTTP_201, f"/recipes/{number}"
        response.media = {"id": number, "by": request.env["REMOTE_USER"]}


api = falcon.App()
api.add_route("/recipes", Recipes())
api.add_route("/recipes/{number:int}", Recipes(), suffix="one")

app = wrap(api, "statusware.toml")
