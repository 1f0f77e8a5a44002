"""flask-smorest (marshmallow) with Flask-JWT-Extended; the ACL by its claims decorator idiom."""

import functools

import job

from contestants import _marshmallow_schema

VENV = "smorest"


def build():
    import marshmallow
    from flask import Flask
    from flask_jwt_extended import JWTManager, get_jwt, verify_jwt_in_request
    from flask_smorest import Api, Blueprint, abort

    recipe = _marshmallow_schema.make(marshmallow.Schema)

    class Any(marshmallow.Schema):
        id = marshmallow.fields.Integer()
        title = marshmallow.fields.String()
        servings = marshmallow.fields.Integer()
        difficulty = marshmallow.fields.String()
        sub = marshmallow.fields.String()

    app = Flask("smorest")
    app.config.update(API_TITLE="recipes", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    _marshmallow_schema.jwt_config(app)
    JWTManager(app)
    api = Api(app)
    blp = Blueprint("recipes", "recipes")

    def requires(roles=None, scope=None):
        def wrap(view):
            @functools.wraps(view)
            def inner(*args, **kw):
                verify_jwt_in_request()
                claims = get_jwt()
                if roles is not None and not roles.intersection(claims.get("roles", ())):
                    abort(403, message="role")
                if scope is not None and scope not in claims.get("scope", "").split():
                    abort(403, message="scope")
                return view(*args, **kw)

            return inner

        return wrap

    @blp.route("/recipes", methods=["POST"])
    @requires({job.ROLE}, job.SCOPE)
    @blp.arguments(recipe)
    @blp.response(201, Any)
    def create(body):
        return job.created(body), 201, {"Location": job.LOCATION}

    @blp.route("/recipes/<int:rid>")
    @blp.response(200, Any)
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            abort(404)
        return found

    @blp.route("/me")
    @requires()
    @blp.response(200, Any)
    def me():
        return {"sub": get_jwt()["sub"]}

    api.register_blueprint(blp)
    return app
