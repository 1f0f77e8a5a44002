"""Falcon at its best: prebuilt jsonschema-rs validator in a hook, orjson media handler, PyJWT."""

import job

VENV = "falcon"


def build():
    import falcon
    import jsonschema_rs
    import jwt
    import orjson

    validator = jsonschema_rs.validator_for(job.SCHEMA)

    def auth(req, resp, resource, params, roles=None, scope=None):
        header = req.get_header("Authorization") or ""
        if not header.startswith("Bearer "):
            raise falcon.HTTPUnauthorized(title="bearer token required", challenges=["Bearer"])
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
            raise falcon.HTTPUnauthorized(description=str(exc), challenges=["Bearer"]) from None
        if roles is not None and not roles.intersection(claims.get("roles", ())):
            raise falcon.HTTPForbidden(description="role")
        if scope is not None and scope not in claims.get("scope", "").split():
            raise falcon.HTTPForbidden(description="scope")
        req.context.claims = claims

    def body(req, resp, resource, params):
        media = req.get_media()
        if not validator.is_valid(media):
            raise falcon.HTTPUnprocessableEntity(
                description="; ".join(e.message for e in validator.iter_errors(media))
            )

    class Recipes:
        @falcon.before(auth, roles={job.ROLE}, scope=job.SCOPE)
        @falcon.before(body)
        def on_post(self, req, resp):
            resp.media = job.created(req.media)
            resp.status = falcon.HTTP_201
            resp.location = job.LOCATION

    class Recipe:
        def on_get(self, req, resp, rid):
            found = job.get_recipe(rid)
            if found is None:
                raise falcon.HTTPNotFound()
            resp.media = found

    class Me:
        @falcon.before(auth)
        def on_get(self, req, resp):
            resp.media = {"sub": req.context.claims["sub"]}

    app = falcon.App()
    handler = falcon.media.JSONHandler(dumps=orjson.dumps, loads=orjson.loads)
    app.req_options.media_handlers["application/json"] = handler
    app.resp_options.media_handlers["application/json"] = handler
    app.add_route("/recipes", Recipes())
    app.add_route("/recipes/{rid:int}", Recipe())
    app.add_route("/me", Me())
    return app
