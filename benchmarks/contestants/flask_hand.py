"""Flask with hand-written inline checks: PyJWT, jsonschema, dict ACL, errorhandlers.

The usual shape of application code: one decorator for auth and ACL, one call
for the body, error handlers for the rest.
"""

import functools

import job

VENV = "core"


def make_errors():
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(job.SCHEMA)

    def errors(body):
        return [
            {"at": "/" + "/".join(map(str, e.absolute_path)), "message": e.message}
            for e in validator.iter_errors(body)
        ]

    return errors


def build(make_errors=make_errors):
    import jwt
    from flask import Flask, g, jsonify, request
    from werkzeug.exceptions import HTTPException

    app = Flask("hand")
    errors = make_errors()
    acl = {"create": ({job.ROLE}, job.SCOPE), "me": (None, None)}

    def problem(status, title, **more):
        response = jsonify(type="about:blank", title=title, status=status, **more)
        response.status_code = status
        response.content_type = "application/problem+json"
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def checked(name):
        roles, scope = acl[name]

        def wrap(view):
            @functools.wraps(view)
            def inner(*args, **kw):
                header = request.headers.get("Authorization", "")
                if not header.startswith("Bearer "):
                    return problem(401, "Unauthorized", detail="bearer token required")
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
                    return problem(403, "Forbidden", detail="role")
                if scope is not None and scope not in claims.get("scope", "").split():
                    return problem(403, "Forbidden", detail="scope")
                g.claims = claims
                return view(*args, **kw)

            return inner

        return wrap

    @app.errorhandler(HTTPException)
    def http_error(exc):
        response = problem(exc.code, exc.name, detail=exc.description)
        if exc.code == 405 and exc.valid_methods:
            response.headers["Allow"] = ", ".join(exc.valid_methods)
        return response

    @app.post("/recipes")
    @checked("create")
    def create():
        body = request.get_json()
        bad = errors(body)
        if bad:
            return problem(422, "Unprocessable Entity", errors=bad)
        return jsonify(job.created(body)), 201, {"Location": job.LOCATION}

    @app.get("/recipes/<int:rid>")
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            return problem(404, "Not Found")
        return jsonify(found)

    @app.get("/me")
    @checked("me")
    def me():
        return jsonify(sub=g.claims["sub"])

    return app
