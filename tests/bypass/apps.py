"""One list of routes as an app of each of five frameworks, and what such an app dispatched.

Routes are written as in a policy. Every handler notes its own pattern and the values that
the framework gave it: what was reached is what the framework says, not what we think.
"""

import io
from urllib.parse import parse_qs

import bottle
import falcon
from django.http import HttpResponse
from django.urls import path as django_path
from flask import Flask
from pyramid.config import Configurator
from pyramid.response import Response

from tests.django_app import DjangoApp
from tests.rules import oracle

__all__ = ["FRAMEWORKS", "App", "environ", "leaks", "overriding"]

ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class App:
    """A WSGI app of `framework` with `routes`, (methods or None for any, pattern)."""

    def __init__(self, framework, routes, **options):
        self.framework, self.routes = framework, routes
        self.reached = []
        self.wsgi = FRAMEWORKS[framework](self, routes, **options)

    def note(self, method, pattern, values):
        """A handler runs: `values` by name, as the framework has read them."""
        texts = {name: str(value) for name, value in values.items()}
        parts = [
            texts[part[1:-1].partition(":")[0]] if part[:1] == "{" else part
            for part in pattern.split("/")
        ]
        self.reached.append((method, pattern, "/".join(parts)))

    def __call__(self, environ, start_response):
        return self.wsgi(environ, start_response)

    def dispatch(self, environ, app=None):
        """What `app` (the bare one, or a wrapped one) runs for a request, and its status."""
        self.reached.clear()
        answer = []
        result = (app or self)(
            environ, lambda status, headers, exc_info=None: answer.append(status)
        )
        for _ in result:
            pass
        if hasattr(result, "close"):
            result.close()
        return list(self.reached), int(answer[-1][:3])


def environ(path, method="GET", **more):
    """What a server would hand over; `path` is PATH_INFO."""
    return {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False, **more,
    }  # fmt: skip


def translated(pattern, syntax):
    """A pattern in the syntax of a framework: a format string by converter."""
    segments = []
    for part in pattern.split("/"):
        if part[:1] == "{":
            name, _, converter = part[1:-1].partition(":")
            part = syntax[converter].format(name)
        segments.append(part)
    return "/".join(segments)


def flask(app, routes, strict_slashes=True, merge_slashes=True):
    made = Flask("app", static_folder=None)
    made.url_map.merge_slashes = merge_slashes
    syntax = {"": "<{}>", "int": "<int:{}>", "uuid": "<uuid:{}>", "path": "<path:{}>"}
    for at, (methods, pattern) in enumerate(routes):

        def view(pattern=pattern, **values):
            from flask import request

            app.note(request.method, pattern, values)
            return "served"

        view.__name__ = f"view{at}"
        made.add_url_rule(
            translated(pattern, syntax), view_func=view, methods=list(methods or ANY),
            strict_slashes=strict_slashes,
        )  # fmt: skip
    return made


def pyramid(app, routes):
    syntax = {"": "{{{}}}", "int": r"{{{}:\d+}}", "path": "{{{}:.+}}",
              "uuid": "{{{}:[0-9a-fA-F-]{{36}}}}"}  # fmt: skip
    with Configurator() as config:
        for at, (methods, pattern) in enumerate(routes):

            def view(request, pattern=pattern):
                app.note(request.method, pattern, request.matchdict)
                return Response("served")

            config.add_route(str(at), translated(pattern, syntax))
            config.add_view(view, route_name=str(at), request_method=methods)
        return config.make_wsgi_app()


def falcon_(app, routes, strip=False):
    syntax = {"": "{{{}}}", "int": "{{{}:int}}", "uuid": "{{{}:uuid}}", "path": "{{{}:path}}"}
    made = falcon.App()
    made.req_options.strip_url_path_trailing_slash = strip
    by_template = {}
    for methods, pattern in routes:
        by_template.setdefault(translated(pattern, syntax), []).append((methods, pattern))
    for template, listed in by_template.items():
        resource = type("Resource", (), {})()
        for methods, pattern in listed:
            for method in methods or ANY:

                def responder(request, response, pattern=pattern, **values):
                    app.note(request.method, pattern, values)

                setattr(resource, f"on_{method.lower()}", responder)
        made.add_route(template, resource)
    return made


def bottle_(app, routes):
    syntax = {"": "<{}>", "int": "<{}:int>", "path": "<{}:path>",
              "uuid": "<{}:re:[0-9a-fA-F-]{{36}}>"}  # fmt: skip
    made = bottle.Bottle()
    for methods, pattern in routes:

        def view(pattern=pattern, **values):
            app.note(bottle.request.method, pattern, values)
            return "served"

        made.route(translated(pattern, syntax), method=list(methods or ["ANY"]), callback=view)
    return made


def django_(app, routes):
    syntax = {"": "<str:{}>", "int": "<int:{}>", "uuid": "<uuid:{}>", "path": "<path:{}>"}

    def made(methods, pattern):
        def view(request, **values):
            if methods and request.method not in methods:
                return HttpResponse(status=405)
            app.note(request.method, pattern, values)
            return HttpResponse("served")

        return django_path(translated(pattern, syntax)[1:], view)

    return DjangoApp([made(methods, pattern) for methods, pattern in routes])


FRAMEWORKS = {
    "flask": flask,
    "pyramid": pyramid,
    "falcon": falcon_,
    "bottle": bottle_,
    "django": django_,
}


def overriding(app):
    """What a middleware for method overrides does, in every way that is out there."""
    keys = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE")

    def middleware(environ, start_response):
        query = parse_qs(environ["QUERY_STRING"].replace(";", "&"))
        for method in [environ.get(key) for key in keys] + query.get("_method", []):
            if method:
                environ["REQUEST_METHOD"] = method.strip().upper()
        return app(environ, start_response)

    return middleware


def leaks(reached, rules, open_to_all, unlisted, slash):
    """Which of the handlers that ran for somebody anonymous must not have run, by the contract.

    `rules` are (methods, pattern), `open_to_all` the indices of those for everyone. A handler's
    path has its values as the framework read them; `slash` says whether the one sent ended so.
    """
    found = []
    for method, pattern, path in reached:
        if slash and not path.endswith("/"):
            path += "/"
        by_path = oracle.find(rules, method, path)
        governing = [] if by_path is None else [by_path[0]]
        # A handler that a rule names is never run by grace of a less specific one.
        for at, (methods, named) in enumerate(rules):
            own = named == pattern and {method, "GET" if method == "HEAD" else method} & {*methods}
            if own and (not governing or rank(named) < rank(rules[governing[0]][1])):
                governing = [at]
        if governing:
            allowed = governing[0] in open_to_all
        else:
            allowed = unlisted == "pass" and not oracle.allowed(rules, path)
        if not allowed:
            found.append((method, pattern, path))
    return found


def rank(pattern):
    return [0 if isinstance(k, str) else oracle.RANK[k[0]] for k in oracle.kinds(pattern)]
