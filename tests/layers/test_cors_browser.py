"""`[cors]` as a real browser sees it: a page of one loopback origin calls an API on another."""

import json
import re
import shutil
import subprocess
import threading
from html import unescape
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from statusware import wrap

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

#: What the page does, and what it can read of each answer.
PAGE = """<!doctype html><title>page</title><pre id=out></pre><script>
const calls = {
  "read": ["/recipes", {}],
  "unknown path": ["/nowhere", {}],
  "anonymous write": ["/recipes",
    {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}],
  "bad token": ["/recipes", {method: "POST", headers: {Authorization: "Bearer x"}, body: "{}"}],
  "listed delete": ["/recipes", {method: "DELETE", headers: {Authorization: "Bearer x"}}],
  "unlisted put": ["/recipes", {method: "PUT"}],
  "header not allowed": ["/recipes", {headers: {"X-Other": "1"}}],
};
(async () => {
  const seen = {};
  for (const [name, [path, options]] of Object.entries(calls)) {
    try {
      const answer = await fetch("API" + path, options);
      const code = answer.ok ? "" : (await answer.json()).code;
      seen[name] = [answer.status, code, answer.headers.get("WWW-Authenticate") !== null,
                    answer.headers.get("X-Request-ID") !== null];
    } catch (error) { seen[name] = "blocked"; }
  }
  document.getElementById("out").textContent = JSON.stringify(seen);
  document.title = "done";
})();
</script>"""

ALLOWED = {
    "read": [200, "", False, False],
    "unknown path": [404, "not-found", False, True],
    "anonymous write": [401, "missing-credentials", True, True],
    "bad token": [401, "invalid-credentials", True, True],
    "listed delete": [401, "invalid-credentials", True, True],
    "unlisted put": "blocked",  # the preflight says that PUT is not among the methods
    "header not allowed": "blocked",
}


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Nothing."""


def serve(app):
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def api(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"soup"]


@pytest.fixture
def page():
    """The page's server; what the API answers depends on where the page comes from."""
    html = []

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"".join(html)]

    pages = serve(app)
    policy = {
        "auth": {"bearer": {"secret": "0123456789abcdef0123456789abcdef"}},
        "routes": [
            {"match": "GET /recipes", "allow": "everyone"},
            {"match": "POST,DELETE /recipes"},
        ],
        "cors": {"origins": [f"http://127.0.0.1:{pages.server_port}"]},
    }
    service = serve(wrap(api, policy))
    html.append(PAGE.replace("API", f"http://127.0.0.1:{service.server_port}").encode())
    yield pages.server_port
    for server in (pages, service):
        server.shutdown()
        server.server_close()


def seen(url, folder):
    """What the page at `url` could read."""
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         f"--user-data-dir={folder}", "--virtual-time-budget=20000", "--dump-dom", url],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    return json.loads(unescape(found[1]))


def test_an_allowed_page_reads_every_answer(page, tmp_path):
    assert seen(f"http://127.0.0.1:{page}/", tmp_path) == ALLOWED


def test_another_page_reads_nothing(page, tmp_path):
    """The same server under another name is another origin."""
    assert set(seen(f"http://localhost:{page}/", tmp_path).values()) == {"blocked"}
