"""APIFlask (marshmallow) with Flask-JWT-Extended."""

import functools

import job

from contestants import _marshmallow_schema

VENV = "apiflask"


def build():
    import apiflask
    from apiflask import APIFlask, abort
    from flask_jwt_extended import JWTManager, get_jwt, verify_jwt_in_request

    recipe = _marshmallow_schema.make(apiflask.Schema)
    app = APIFlask("apiflask")
    _marshmallow_schema.jwt_config(app)
    JWTManager(app)

    def requires(roles=None, scope=None):
        def wrap(view):
            @functools.wraps(view)
            def inner(*args, **kw):
                verify_jwt_in_request()
                claims = get_jwt()
                if roles is not None and not roles.intersection(claims.get("roles", ())):
                    abort(403, "role")
                if scope is not None and scope not in claims.get("scope", "").split():
                    abort(403, "scope")
                return view(*args, **kw)

            return inner

        return wrap

    @app.post("/recipes")
    @requires({job.ROLE}, job.SCOPE)
    @app.input(recipe, arg_name="body")
    def create(body):
        return job.created(body), 201, {"Location": job.LOCATION}

    @app.get("/recipes/<int:rid>")
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            abort(404)
        return found

    @app.get("/me")
    @requires()
    def me():
        return {"sub": get_jwt()["sub"]}

    return app
