"""flask-openapi3 (pydantic 2, Rust core) with PyJWT and a hand-written ACL decorator."""

import functools

import job

VENV = "flaskopenapi3"


def build():
    from typing import Literal

    import jwt
    from flask import g, jsonify, request
    from flask_openapi3 import OpenAPI
    from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

    class Ingredient(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str = Field(min_length=1, max_length=80)
        quantity: float = Field(ge=0, le=100000)
        unit: Literal["g", "ml", "piece", "tsp", "tbsp"]
        note: str | None = Field(None, max_length=120)
        optional: StrictBool | None = None

    class Recipe(BaseModel):
        model_config = ConfigDict(extra="forbid")
        title: str = Field(min_length=1, max_length=120)
        slug: str | None = Field(None, max_length=80, pattern="^[a-z0-9-]+$")
        summary: str | None = Field(None, max_length=300)
        servings: StrictInt = Field(ge=1, le=100)
        prep_minutes: StrictInt | None = Field(None, ge=0, le=1440)
        cook_minutes: StrictInt | None = Field(None, ge=0, le=1440)
        difficulty: Literal["easy", "medium", "hard"]
        cuisine: str | None = Field(None, min_length=1, max_length=40)
        language: str | None = Field(None, min_length=2, max_length=5)
        rating: float | None = Field(None, ge=0, le=5)
        tags: list[str] | None = Field(None, max_length=10)
        ingredients: list[Ingredient] = Field(min_length=1, max_length=50)

    class Path(BaseModel):
        rid: int

    app = OpenAPI("openapi3")

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
    def create(body: Recipe):
        return (
            jsonify(id=43, title=body.title, servings=body.servings),
            201,
            {"Location": job.LOCATION},
        )

    @app.get("/recipes/<int:rid>")
    def read(path: Path):
        found = job.get_recipe(path.rid)
        if found is None:
            return problem(404, "Not Found")
        return jsonify(found)

    @app.get("/me")
    @checked()
    def me():
        return jsonify(sub=g.claims["sub"])

    return app
