"""Nobody anonymous gets behind a rule, whatever the target, the method, the headers."""

import os
from itertools import product

import pytest

from statusware import wrap
from tests.bypass.apps import App, environ, leaks, overriding
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
ANY_METHOD = [(None, pattern) for pattern in dict.fromkeys(pattern for _, pattern in ROUTES)]

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

#: All of the corpus instead of a sample: `make fuzz`.
WHOLE = os.environ.get("STATUSWARE_CORPUS") == "whole"


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
        except Exception:
            bare = []
        open_doors += bool(leaks(bare, ROUTES, OPEN, unlisted, slash))
        reached, status = app.dispatch(environ(path, method, **more), wrapped)
        if leaks(reached, ROUTES, OPEN, unlisted, slash):
            found.append((path, method, more, status, reached))
    return open_doors, found


@pytest.mark.parametrize("unlisted", ["reject", "pass"])
@pytest.mark.parametrize("name", APPS)
def test_targets(name, unlisted):
    sample = TARGETS if WHOLE else TARGETS[::7] if unlisted == "pass" else TARGETS[3::7]
    open_doors, found = run(name, unlisted, [(path_info(t), "GET", {}) for t in sample])
    assert not found
    assert open_doors > 10, "the bare app refuses all of it: this tests nothing"


PLACES = [
    *"/admin /admin/ /admin/users /items/7 /items/7/secret /files/a /team/red".split(),
    *"/public /public/ / //admin /x/../admin /admin;x /items/+7 /items/07 /ADMIN /nowhere".split(),
    *("", "/admin\n", "/adm\xffin"),
]


@pytest.mark.parametrize("unlisted", ["reject", "pass"])
@pytest.mark.parametrize("name", APPS)
def test_headers_and_methods(name, unlisted):
    with_headers = [(path, method, more) for path, method, more
                    in product(PLACES, ("GET", "POST"), HEADERS)]  # fmt: skip
    with_methods = [(path, method, {}) for path, method in product(PLACES, METHODS)]
    open_doors, found = run(name, unlisted, [*with_headers[:: 1 if WHOLE else 3], *with_methods])
    assert not found
    assert open_doors > 10


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
