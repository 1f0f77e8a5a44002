"""pyramid_openapi3 (Pyramid 2): openapi=True views, a security policy with PyJWT, __acl__."""

import contextlib
import json
import os
import tempfile

import job

VENV = "pyramid"


def build():
    import jwt
    from pyramid.authorization import ACLHelper, Allow
    from pyramid.config import Configurator
    from pyramid.httpexceptions import HTTPNotFound

    class Policy:
        helper = ACLHelper()

        def identity(self, request):
            if "bench.claims" not in request.environ:
                claims, header = None, request.headers.get("Authorization", "")
                if header.startswith("Bearer "):
                    with contextlib.suppress(jwt.InvalidTokenError):
                        claims = jwt.decode(
                            header[7:],
                            job.SECRET,
                            algorithms=["HS256"],
                            audience=job.AUDIENCE,
                            issuer=job.ISSUER,
                            options={"require": ["sub", "exp"]},
                        )
                request.environ["bench.claims"] = claims
            return request.environ["bench.claims"]

        def authenticated_userid(self, request):
            claims = self.identity(request)
            return claims and claims["sub"]

        def permits(self, request, context, permission):
            claims = self.identity(request)
            principals = ["system.Everyone"]
            if claims:
                principals.append("system.Authenticated")
                scopes = claims.get("scope", "").split()
                principals += [f"role:{r}+{s}" for r in claims.get("roles", ()) for s in scopes]
            return self.helper.permits(context, principals, permission)

        def remember(self, request, userid, **kw):
            return []

        def forget(self, request, **kw):
            return [("WWW-Authenticate", "Bearer")]

    class Root:
        __acl__ = (
            (Allow, f"role:{job.ROLE}+{job.SCOPE}", "write"),
            (Allow, "system.Authenticated", "me"),
        )

        def __init__(self, request):
            pass

    def create(request):
        request.response.status = 201
        request.response.headers["Location"] = job.LOCATION
        return job.created(request.openapi_validated.body)

    def read(request):
        found = job.get_recipe(int(request.matchdict["rid"]))
        if found is None:
            raise HTTPNotFound()
        return found

    def me(request):
        return {"sub": request.identity["sub"]}

    def forbidden(exc, request):
        status = 403 if request.identity else 401
        request.response.status = status
        if status == 401:
            request.response.headers["WWW-Authenticate"] = "Bearer"
        return {"status": status, "title": "Forbidden" if status == 403 else "Unauthorized"}

    def notfound(exc, request):
        request.response.status = 404
        return {"status": 404, "title": "Not Found"}

    folder = tempfile.mkdtemp()
    spec = os.path.join(folder, "openapi.json")
    with open(spec, "w") as f:
        json.dump(job.openapi(), f)
    config = Configurator(
        root_factory=Root,
        settings={
            # the job asks for no response validation; nobody else here does it
            "pyramid_openapi3.enable_response_validation": False
        },
    )
    config.set_security_policy(Policy())
    config.include("pyramid_openapi3")
    config.pyramid_openapi3_spec(spec)
    config.add_route("recipes", "/recipes")
    config.add_route("recipe", "/recipes/{rid}")
    config.add_route("me", "/me")
    config.add_view(
        create,
        route_name="recipes",
        request_method="POST",
        permission="write",
        renderer="json",
        openapi=True,
    )
    config.add_view(read, route_name="recipe", request_method="GET", renderer="json", openapi=True)
    config.add_view(
        me, route_name="me", request_method="GET", permission="me", renderer="json", openapi=True
    )
    config.add_forbidden_view(forbidden, renderer="json")
    config.add_notfound_view(notfound, renderer="json")
    return config.make_wsgi_app()
