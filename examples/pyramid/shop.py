"""A Pyramid app for pserve: `pserve shop.ini`, in this folder."""

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound

RECIPES = {1: {"name": "Soup"}}


def show(request):
    number = int(request.matchdict["id"])
    if number not in RECIPES:
        raise HTTPNotFound(f"no recipe {number}")
    return RECIPES[number]


def create(request):
    RECIPES[number := max(RECIPES) + 1] = request.json_body
    request.response.status = 201
    request.response.location = f"/recipes/{number}"
    return {"id": number, "by": request.remote_user}


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        if "statusware.policy" in settings:
            config.include("statusware.integrations.pyramid")
        config.add_route("recipes", "/recipes")
        config.add_route("recipe", r"/recipes/{id:\d+}")
        config.add_view(show, route_name="recipe", request_method="GET", renderer="json")
        config.add_view(create, route_name="recipes", request_method="POST", renderer="json")
        return config.make_wsgi_app()
