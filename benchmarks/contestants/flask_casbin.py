"""pycasbin's own WSGI middleware (authz.middleware, from flask-authz 0.0.1) around Flask.

wsgi-authz and casbin-wsgi-authz are not on PyPI.  An outer plain-WSGI layer
verifies the bearer (PyJWT) and puts the role in REMOTE_USER, as the
middleware asks; Flask inside validates the body with jsonschema.
"""

import json
import os
import tempfile

import job

VENV = "casbin"

MODEL = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act)
"""
POLICY = """
p, anonymous, /recipes/*, GET
p, anonymous, /nope/*, GET
p, editor, /recipes, POST
p, editor, /me, GET
p, editor, /recipes, DELETE
p, reader, /me, GET
"""


def build():
    import casbin
    import jwt
    from authz.middleware import CasbinMiddleware
    from flask import Flask, abort, jsonify, request
    from jsonschema import Draft202012Validator

    folder = tempfile.mkdtemp()
    for name, text in (("model.conf", MODEL), ("policy.csv", POLICY)):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text.strip() + "\n")
    enforcer = casbin.Enforcer(
        os.path.join(folder, "model.conf"), os.path.join(folder, "policy.csv")
    )
    validator = Draft202012Validator(job.SCHEMA)
    app = Flask("casbin")

    @app.post("/recipes")
    def create():
        body = request.get_json()
        bad = [e.message for e in validator.iter_errors(body)]
        if bad:
            return jsonify(errors=bad), 422
        return jsonify(job.created(body)), 201, {"Location": job.LOCATION}

    @app.get("/recipes/<int:rid>")
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            abort(404)
        return jsonify(found)

    @app.get("/me")
    def me():
        return jsonify(sub="user-1")

    guarded = CasbinMiddleware(app.wsgi_app, enforcer)

    def authenticate(environ, start_response):
        header = environ.get("HTTP_AUTHORIZATION", "")
        if header.startswith("Bearer "):
            try:
                claims = jwt.decode(
                    header[7:],
                    job.SECRET,
                    algorithms=["HS256"],
                    audience=job.AUDIENCE,
                    issuer=job.ISSUER,
                )
            except jwt.InvalidTokenError as exc:
                data = json.dumps({"title": "Unauthorized", "detail": str(exc)}).encode()
                start_response(
                    "401 Unauthorized",
                    [("Content-Type", "application/json"), ("Content-Length", str(len(data)))],
                )
                return [data]
            roles = claims.get("roles") or ["anonymous"]
            environ["REMOTE_USER"] = roles[0]
        return guarded(environ, start_response)

    return authenticate
