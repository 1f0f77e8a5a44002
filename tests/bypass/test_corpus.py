"""Nobody anonymous gets behind a rule, whatever the target, the method, the headers."""

from itertools import product

import pytest

from statusware import wrap
from tests.bypass.apps import App, environ, leaks
from tests.bypass.corpus import HEADERS, METHODS, path_info, targets

ROUTES = [
    (("GET", "POST"), "/public"),
    (("GET", "POST", "DELETE"), "/admin"),
    (("GET",), "/admin/users"),
    (("GET",), "/items/{id:int}"),
    (("DELETE",), "/items/{id:int}"),
    (("GET",), "/items/{id:int}/secret"),
    (("GET",), "/files/{rest:path}"),
    (("GET",), "/team/{name}"),
]
#: Open to everyone; all the rest is not.
OPEN = {0}

#: The same, but every handler takes any method: what a framework may do, too.
ANY_METHOD = [(None, "/public"), (None, "/admin"), (None, "/admin/users"),
              (None, "/items/{id:int}"), (None, "/files/{rest:path}"), (None, "/team/{name}")]  # fmt: skip

APPS = {
    "flask": lambda: App("flask", ROUTES),
    "flask, lenient": lambda: App("flask", ROUTES, strict_slashes=False, merge_slashes=False),
    "pyramid": lambda: App("pyramid", ROUTES),
    "pyramid, any method": lambda: App("pyramid", ANY_METHOD),
    "django": lambda: App("django", ROUTES),
    "django, any method": lambda: App("django", ANY_METHOD),
    "falcon": lambda: App("falcon", ROUTES),
    "falcon, lenient": lambda: App("falcon", ROUTES, strip=True),
    "bottle": lambda: App("bottle", ROUTES),
    "bottle, any method": lambda: App("bottle", ANY_METHOD),
}

TARGETS = targets()


def policy(unlisted):
    return {
        "api": {"unlisted": unlisted, "mount": ""},
        "auth": {"session": {"verify": f"{__name__}:nobody", "challenge": "Session"}},
        "routes": [
            {"match": f"{','.join(methods)} {pattern}",
             "allow": "everyone" if at in OPEN else "role:admin"}
            for at, (methods, pattern) in enumerate(ROUTES)
        ],
    }  # fmt: skip


def nobody(environ):
    """No request carries credentials."""


def run(name, unlisted, requests):
    """(How many requests the bare app would have let through, the leaks of the wrapped one)."""
    app = APPS[name]()
    wrapped = wrap(app, policy(unlisted))
    open_doors, found = 0, []
    for path, method, more in requests:
        slash = path.endswith("/")
        try:
            bare, _ = app.dispatch(environ(path, method, **more))
        except Exception:  # noqa: BLE001 - what a bare framework makes of it is its own affair
            bare = []
        open_doors += bool(leaks(bare, ROUTES, OPEN, unlisted, slash))
        reached, status = app.dispatch(environ(path, method, **more), wrapped)
        if leaks(reached, ROUTES, OPEN, unlisted, slash):
            found.append((path, method, more, status, reached))
    return open_doors, found


@pytest.mark.parametrize("unlisted", ["reject", "pass"])
@pytest.mark.parametrize("name", APPS)
def test_targets(name, unlisted):
    sample = TARGETS[::7] if unlisted == "pass" else TARGETS[3::7]
    open_doors, found = run(name, unlisted, [(path_info(t), "GET", {}) for t in sample])
    assert not found
    assert open_doors > 10, "the bare app refuses all of it: this tests nothing"


PLACES = ("/admin", "/admin/", "/admin/users", "/items/7", "/items/7/secret", "/files/a", "/team/red",
          "/public", "/public/", "/", "", "//admin", "/x/../admin", "/admin\n", "/adm\xffin",
          "/admin;x", "/items/+7", "/items/07", "/ADMIN", "/nowhere")  # fmt: skip


@pytest.mark.parametrize("unlisted", ["reject", "pass"])
@pytest.mark.parametrize("name", APPS)
def test_headers_and_methods(name, unlisted):
    with_headers = [(path, method, more) for path, method, more
                    in product(PLACES, ("GET", "POST"), HEADERS)]  # fmt: skip
    with_methods = [(path, method, {}) for path, method in product(PLACES, METHODS)]
    open_doors, found = run(name, unlisted, [*with_headers[::3], *with_methods])
    assert not found
    assert open_doors > 10


def overriding(app):
    """What a middleware for method overrides does, in every way that is out there."""

    def middleware(environ, start_response):
        from urllib.parse import parse_qs

        query = environ["QUERY_STRING"].replace(";", "&")
        named = [environ.get(key) for key in HEADERS_OF_OVERRIDE] + parse_qs(query).get("_method", [])
        for method in filter(None, named):
            environ["REQUEST_METHOD"] = method.strip().upper()
        return app(environ, start_response)

    return middleware


HEADERS_OF_OVERRIDE = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE")


@pytest.mark.parametrize("name", APPS)
def test_an_app_that_honours_overrides(name):
    app = APPS[name]()
    routes = [(("GET",), "/admin"), (("DELETE",), "/admin")]
    rules = [{"match": "GET /admin", "allow": "everyone"}, {"match": "DELETE /admin"}]
    wrapped = wrap(overriding(app), {**policy("reject"), "routes": rules})
    for more in HEADERS:
        for method in ("GET", "POST", "HEAD"):
            reached, _ = app.dispatch(environ("/admin", method, **more), wrapped)
            assert not leaks(reached, routes, {0}, "reject", slash=False)


def test_the_corpus_is_large():
    assert len(TARGETS) >= 4000
    assert len(HEADERS) >= 60
