"""openapi-core with FlaskOpenAPIViewDecorator; auth and ACL by a hand-written decorator.

openapi-core checks that a security scheme is present; it does not verify tokens.
"""

import functools

import job

VENV = "openapicore"


def build():
    import jwt
    from flask import Flask, g, jsonify, request
    from openapi_core import Config, OpenAPI
    from openapi_core.contrib.flask.decorators import FlaskOpenAPIViewDecorator

    openapi = FlaskOpenAPIViewDecorator(
        OpenAPI.from_dict(job.openapi(), config=Config()), response_cls=None
    )
    app = Flask("openapicore")

    def problem(status, title, **more):
        return jsonify(title=title, status=status, **more), status

    def checked(roles=None, scope=None):
        def wrap(view):
            @functools.wraps(view)
            def inner(*args, **kw):
                header = request.headers.get("Authorization", "")
                if not header.startswith("Bearer "):
                    return problem(401, "Unauthorized")
                try:
                    claims = jwt.decode(
                        header[7:],
                        job.SECRET,
                        algorithms=["HS256"],
                        audience=job.AUDIENCE,
                        issuer=job.ISSUER,
                        options={"require": ["sub", "exp"]},
                    )
                except jwt.InvalidTokenError as exc:
                    return problem(401, "Unauthorized", detail=str(exc))
                if roles is not None and not roles.intersection(claims.get("roles", ())):
                    return problem(403, "Forbidden")
                if scope is not None and scope not in claims.get("scope", "").split():
                    return problem(403, "Forbidden")
                g.claims = claims
                return view(*args, **kw)

            return inner

        return wrap

    @app.post("/recipes")
    @checked({job.ROLE}, job.SCOPE)
    @openapi
    def create():
        return jsonify(job.created(request.openapi.body)), 201, {"Location": job.LOCATION}

    @app.get("/recipes/<int:rid>")
    @openapi
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            return problem(404, "Not Found")
        return jsonify(found)

    @app.get("/me")
    @checked()
    @openapi
    def me():
        return jsonify(sub=g.claims["sub"])

    return app
