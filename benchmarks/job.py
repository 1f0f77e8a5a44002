"""The job that every contestant does: schema, tokens, requests, the right answers.

Standard library only, so that it imports in every contestant's virtualenv.
"""

import base64
import hashlib
import hmac
import itertools
import json
from typing import NamedTuple

SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
ISSUER = "https://issuer.example"
AUDIENCE = "https://api.example"
SCOPE = "recipes:write"
ROLE = "editor"
FAR = 4102444800  # the year 2100

# --- the schema: what Draft 4, Draft 2020-12 and OpenAPI 3.0 have in common ----------------

INGREDIENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "quantity", "unit"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 80},
        "quantity": {"type": "number", "minimum": 0, "maximum": 100000},
        "unit": {"type": "string", "enum": ["g", "ml", "piece", "tsp", "tbsp"]},
        "note": {"type": "string", "maxLength": 120},
        "optional": {"type": "boolean"},
    },
}
RECIPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "servings", "difficulty", "ingredients"],
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 120},
        "slug": {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 80},
        "summary": {"type": "string", "maxLength": 300},
        "servings": {"type": "integer", "minimum": 1, "maximum": 100},
        "prep_minutes": {"type": "integer", "minimum": 0, "maximum": 1440},
        "cook_minutes": {"type": "integer", "minimum": 0, "maximum": 1440},
        "difficulty": {"type": "string", "enum": ["easy", "medium", "hard"]},
        "cuisine": {"type": "string", "minLength": 1, "maxLength": 40},
        "language": {"type": "string", "minLength": 2, "maxLength": 5},
        "rating": {"type": "number", "minimum": 0, "maximum": 5},
        "tags": {
            "type": "array",
            "maxItems": 10,
            "items": {"type": "string", "minLength": 1, "maxLength": 30},
        },
        "ingredients": {"type": "array", "minItems": 1, "maxItems": 50, "items": INGREDIENT},
    },
}
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", **RECIPE}

GOOD = {
    "title": "Slow-roasted tomato and white bean stew",
    "slug": "slow-roasted-tomato-and-white-bean-stew",
    "summary": "A weeknight stew: tomatoes roasted until jammy, folded into "
    "creamy white beans with rosemary, lemon zest and a handful of greens.",
    "servings": 4,
    "prep_minutes": 20,
    "cook_minutes": 95,
    "difficulty": "easy",
    "cuisine": "Mediterranean",
    "language": "en-GB",
    "rating": 4.5,
    "tags": ["vegan", "stew", "beans", "make-ahead"],
    "ingredients": [
        {"name": "plum tomatoes", "quantity": 900, "unit": "g",
         "note": "halved lengthways, seeds left in", "optional": False},
        {"name": "cooked white beans", "quantity": 480, "unit": "g",
         "note": "keep the cooking liquid", "optional": False},
        {"name": "olive oil", "quantity": 60, "unit": "ml",
         "note": "plus more to finish", "optional": False},
        {"name": "rosemary", "quantity": 2, "unit": "piece",
         "note": "whole sprigs", "optional": True},
        {"name": "smoked paprika", "quantity": 1.5, "unit": "tsp",
         "note": "sweet, not hot", "optional": True},
    ],
}  # fmt: skip
BAD = json.loads(json.dumps(GOOD))
BAD["servings"] = "four"
BAD["ingredients"][3]["quantity"] = -2
GOOD_BODY = json.dumps(GOOD).encode()
BAD_BODY = json.dumps(BAD).encode()
MALFORMED_BODY = GOOD_BODY[:-20]

# --- what the app does ---------------------------------------------------------------------

LOCATION = "/recipes/43"
STORED = {"id": 42, "title": GOOD["title"], "servings": 4, "difficulty": "easy"}


def created(body):
    """What every contestant answers to a valid POST (with its Location)."""
    return {"id": 43, "title": body["title"], "servings": body["servings"]}


def get_recipe(number):
    """The recipe of this number, or None; 13 is the one on which every view fails."""
    if number == 13:
        raise ZeroDivisionError
    return STORED if number == 42 else None


# --- tokens --------------------------------------------------------------------------------


def _base64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _part(value):
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def make_token(algorithm="HS256", secret=SECRET, **claims):
    """A token that is good, but for what `claims` say."""
    payload = {
        "sub": "user-1", "iss": ISSUER, "aud": AUDIENCE, "iat": 1700000000, "exp": FAR,
        "scope": SCOPE, "roles": [ROLE], **claims,
    }  # fmt: skip
    signed = _part({"alg": algorithm, "typ": "JWT"}) + b"." + _part(payload)
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _base64(b"" if algorithm == "none" else signature)).decode()


TOKEN = make_token()
EXPIRED = make_token(iat=1600000000, exp=1600003600)
WRONG_ROLE = make_token(roles=["reader"])
NO_SCOPE = make_token(scope="recipes:read")
WRONG_AUDIENCE = make_token(aud="https://other.example")
FORGED = make_token(secret="x" * 64)
ALG_NONE = make_token("none")
FRESH = "a new one each time"
_serial = itertools.count()

# --- the requests --------------------------------------------------------------------------


class Case(NamedTuple):
    """One request, and the statuses that are right answers to it."""

    what: str
    method: str
    path: str
    body: bytes
    token: str | None
    accepted: tuple[int, ...]
    content_type: str | None


JSON = "application/json"


def _get(what, path, *accepted, token=None):
    return Case(what, "GET", path, b"", token, accepted, None)


def _post(what, *accepted, body=GOOD_BODY, token=TOKEN, content_type=JSON):
    return Case(what, "POST", "/recipes", body, token, accepted, content_type)


CASES = {
    "a": _get("GET public", "/recipes/42", 200),
    "b": _post("POST valid", 201),
    "c": _post("POST two violations", 400, 422, body=BAD_BODY),
    "d": _post("POST malformed", 400, body=MALFORMED_BODY),
    "e": _post("POST no token", 401, token=None),
    "f": _post("POST expired token", 401, token=EXPIRED),
    "g": _post("POST wrong role", 403, token=WRONG_ROLE),
    "h": _get("GET unknown path", "/nope/nothing", 404),
    "i": _get("GET missing recipe", "/recipes/999", 404),
    "j": _get("GET /me", "/me", 200, token=TOKEN),
    "k": _post("POST new token", 201, token=FRESH),
}
#: Checked and reported, never timed.
EXTRA = {
    "x1": Case("wrong method", "DELETE", "/recipes", b"", TOKEN, (405,), None),
    "x2": _post("no scope", 403, token=NO_SCOPE),
    "x3": _post("wrong audience", 401, token=WRONG_AUDIENCE),
    "x4": _post("forged signature", 401, token=FORGED),
    "x5": _post("alg none", 401, token=ALG_NONE),
    "x6": _post("text/plain body", 415, 400, content_type="text/plain"),
    "x7": _post("no token, malformed", 401, body=MALFORMED_BODY, token=None),
    "x8": _get("/me without token", "/me", 401),
    "x9": _post("NaN in body", 400, 422, body=GOOD_BODY.replace(b'g": 4.5', b'g": NaN')),
    "xa": _post("body not UTF-8", 400, body=GOOD_BODY.replace(b"Slow", b"Sl\xff\xfe")),
    "xb": _post("100,000 deep array", 400, 422, body=b"[" * 100000),
    "xc": _post("empty body", 400, 422, body=b""),
    "xd": _post("body is []", 400, 422, body=b"[]"),
    "xe": _get("garbage token", "/me", 401, token="abc"),
    "xf": _get("view raises", "/recipes/13", 500),
}
ALL = CASES | EXTRA


class _NoErrors:
    """A `wsgi.errors` that keeps nothing."""

    def write(self, *_):
        pass

    writelines = flush = write


ERRORS = _NoErrors()


def environ(case):
    """The environ of a case, without its input. A fresh token differs from call to call."""
    made = {
        "REQUEST_METHOD": case.method, "SCRIPT_NAME": "", "PATH_INFO": case.path,
        "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000", "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "bench/1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.errors": ERRORS,
        "wsgi.multithread": False, "wsgi.multiprocess": True,
        "wsgi.run_once": False, "RAW_URI": case.path,
    }  # fmt: skip
    if case.method in ("POST", "PUT", "PATCH"):
        made["CONTENT_LENGTH"] = str(len(case.body))
    if case.content_type:
        made["CONTENT_TYPE"] = case.content_type
    if case.token:
        token = make_token(jti=str(next(_serial))) if case.token is FRESH else case.token
        made["HTTP_AUTHORIZATION"] = "Bearer " + token
    return made


# --- the API as an OpenAPI document --------------------------------------------------------


def openapi():
    """OpenAPI 3.0, for contestants that start from one."""
    problem = {"description": "problem", "content": {JSON: {"schema": {}}}}
    ok = {"description": "ok", "content": {JSON: {"schema": {"type": "object"}}}}

    def operation(name, status, **more):
        errors = dict.fromkeys(("400", "401", "403", "404", "422"), problem)
        return {"operationId": name, "responses": {status: ok, **errors}, **more}

    recipe = {"$ref": "#/components/schemas/Recipe"}
    body = {"required": True, "content": {JSON: {"schema": recipe}}}
    number = {"name": "rid", "in": "path", "required": True, "schema": {"type": "integer"}}
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    locked = [{"bearer": []}]
    return {
        "openapi": "3.0.3",
        "info": {"title": "recipes", "version": "1"},
        "servers": [{"url": "/"}],
        "paths": {
            "/recipes": {
                "post": operation("create_recipe", "201", security=locked, requestBody=body)
            },
            "/recipes/{rid}": {"get": operation("read_recipe", "200", parameters=[number])},
            "/me": {"get": operation("me", "200", security=locked)},
        },
        "components": {"schemas": {"Recipe": RECIPE}, "securitySchemes": {"bearer": bearer}},
    }
