"""What the connexion contestants share: token check, handlers, the document."""

import job


def bearer_info(token):
    """Named in the document (`x-bearerInfoFunc`)."""
    import jwt

    try:
        return jwt.decode(
            token,
            job.SECRET,
            algorithms=["HS256"],
            audience=job.AUDIENCE,
            issuer=job.ISSUER,
            options={"require": ["sub", "exp"]},
        )
    except jwt.InvalidTokenError:
        return None


def document():
    """The OpenAPI document with the security function in it."""
    made = job.openapi()
    bearer = made["components"]["securitySchemes"]["bearer"]
    bearer["x-bearerInfoFunc"] = f"{__name__}.bearer_info"
    return made


def handlers():
    """The views; role and scope are checked in the first."""
    from connexion import problem

    def create_recipe(body, token_info):
        if job.ROLE not in token_info.get("roles", ()):
            return problem(403, "Forbidden", "role")
        if job.SCOPE not in token_info.get("scope", "").split():
            return problem(403, "Forbidden", "scope")
        return job.created(body), 201, {"Location": job.LOCATION}

    def read_recipe(rid):
        found = job.get_recipe(rid)
        return problem(404, "Not Found", "no such recipe") if found is None else found

    def me(token_info):
        return {"sub": token_info["sub"]}

    return {view.__name__: view for view in (create_recipe, read_recipe, me)}


def connexion3(kind, adapt):
    """An app of connexion 3; `adapt` makes its kind of handler from a function."""
    from connexion import Resolver
    from connexion.options import SwaggerUIOptions

    views = {name: adapt(view) for name, view in handlers().items()}
    pages = SwaggerUIOptions(swagger_ui=False, serve_spec=False)
    app = kind("connexion3", swagger_ui_options=pages)
    app.add_api(document(), resolver=Resolver(views.__getitem__))
    return app
