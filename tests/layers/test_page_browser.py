"""Our pages in a real browser: styled under their own Content-Security-Policy, light and dark."""

import shutil
import struct
import subprocess
import threading
import zlib
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from statusware import ErrorEnvelope, Problem

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

WIDTH, HEIGHT = 800, 600
ERRORS = [{"pointer": "/name", "code": "required", "detail": "is <missing>"}]


def app(environ, start_response):
    raise Problem(404, "There is nothing here, not even <b>soup</b>.", errors=ERRORS)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Nothing."""


@pytest.fixture(scope="module")
def port():
    server = make_server("127.0.0.1", 0, ErrorEnvelope(app, types="/problems"), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def screenshot(url, folder, *, dark):
    """The pixels of a page, as rows of (red, green, blue), and what the console said."""
    file = folder / f"{'dark' if dark else 'light'}.png"
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--hide-scrollbars", "--enable-logging=stderr", f"--window-size={WIDTH},{HEIGHT}",
         f"--user-data-dir={folder / 'profile'}", f"--screenshot={file}",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", url],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return pixels(file.read_bytes()), console


def pixels(png):
    """The rows of an 8-bit PNG in RGB or RGBA (RFC 2083, filters of section 6)."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    size = {2: 3, 6: 4}[colour]
    assert depth == 8
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    data, stride, before, rows = zlib.decompress(data), width * size, None, []
    for y in range(height):
        line = data[y * (stride + 1) : (y + 1) * (stride + 1)]
        before = unfiltered(line[0], bytearray(line[1:]), before or bytes(stride), size)
        rows.append([tuple(before[x : x + 3]) for x in range(0, stride, size)])
    return rows


def unfiltered(kind, line, above, size):
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        line[at] = (line[at] + predicted(kind, left, above[at], corner)) & 255
    return line


def predicted(kind, left, above, corner):
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda value: abs(guess - value))
    return (0, left, above, (left + above) // 2)[kind]


def brightness(colour):
    return sum(colour) / 3


@pytest.mark.parametrize(
    ("path", "dark"),
    [("/x", False), ("/x", True), ("/problems", False), ("/problems/invalid-body", True)],
)
def test_a_page_looks_like_one(port, tmp_path, path, dark):
    rows, console = screenshot(f"http://127.0.0.1:{port}{path}", tmp_path, dark=dark)
    assert not [line for line in console if "favicon" not in line], "the browser refused something"
    margin = rows[HEIGHT // 4][5]
    assert (brightness(margin) < 80) is dark, "light text on dark, or dark on light"
    ink = [
        (x, y)
        for y, row in enumerate(rows)
        for x, colour in enumerate(row)
        if abs(brightness(colour) - brightness(margin)) > 100
    ]
    assert len(ink) > 300, "there is text to read"
    # The style keeps the text in a column (38rem) in the middle; without it, it starts at 8 px.
    assert min(x for x, _ in ink) > (WIDTH - 38 * 16) // 2 - 5
    assert max(x for x, _ in ink) < (WIDTH + 38 * 16) // 2 + 5
