"""Reading: what is announced, how much is taken, and what is left to drain."""

import io
import socket
import threading
import time

import pytest

from statusware import PolicyError, Problem
from statusware.body import BodyLimit, parse_size, read
from statusware.body.read import DRAIN_LIMIT, drain, read_body

from .requests import Wire, request

KB = b"x" * 1000
TERMINATED = {"wsgi.input_terminated": True}

# Each row: the request, the limit, and the body or the status and code.
READS = {
    "by its length": (request(KB), 1000, KB),
    "in pieces": (request(Wire(KB, piece=7)), 1000, KB),
    "no more than announced": (request(Wire(KB, blocks=True)), 2000, KB),
    "chunked": (request(KB, chunked=True), 1000, KB),
    "chunked, in pieces": (request(Wire(KB, piece=7), chunked=True), 1000, KB),
    "chunked in capitals": (
        request(KB, CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="Chunked", **TERMINATED),
        1000,
        KB,
    ),
    "chunked wins over a lie": (request(KB, chunked=True, CONTENT_LENGTH="3"), 1000, KB),
    "to the end where the server says so": (
        request(KB, chunked=True, HTTP_TRANSFER_ENCODING=""),
        1000,
        KB,
    ),
    "empty": (request(b""), 1000, b""),
    "no length and no end": (
        {"wsgi.input": Wire(b"", blocks=True), "REQUEST_METHOD": "POST"},
        1000,
        b"",
    ),
    "one byte too many": (request(KB), 999, (413, "body-too-large")),
    "one byte too many, chunked": (request(KB, chunked=True), 999, (413, "body-too-large")),
    "a length beyond counting": (
        request(KB, CONTENT_LENGTH="9" * 5000),
        999,
        (413, "body-too-large"),
    ),
    "a length beyond counting, and a large limit": (
        request(KB, CONTENT_LENGTH="9" * 19),
        10**17,
        (413, "body-too-large"),
    ),
    "shorter than announced": (request(KB, CONTENT_LENGTH="1001"), 9999, (400, "incomplete-body")),
    "an error of the server": (
        request(Wire(b"x", error=RuntimeError("broken chunk")), chunked=True),
        9999,
        (400, "incomplete-body"),
    ),
    "an error of the server, with a length": (
        request(Wire(b"", error=OSError()), CONTENT_LENGTH="7"),
        9999,
        (400, "incomplete-body"),
    ),
    "a length with a sign": (request(KB, CONTENT_LENGTH="+3"), 9999, (400, "bad-request")),
    "a length below zero": (request(KB, CONTENT_LENGTH="-1"), 9999, (400, "bad-request")),
    "a length in other digits": (request(KB, CONTENT_LENGTH="٣"), 9999, (400, "bad-request")),
    "two lengths": (request(KB, CONTENT_LENGTH="3, 3"), 9999, (400, "bad-request")),
    "chunked, on a server that loses the end": (
        request(KB, HTTP_TRANSFER_ENCODING="chunked"),
        9999,
        (411, "length-required"),
    ),
    "a coding within the chunks": (
        request(KB, chunked=True, HTTP_TRANSFER_ENCODING="gzip, chunked"),
        9999,
        (411, "length-required"),
    ),
}


@pytest.mark.parametrize("name", READS)
def test_reading(name):
    environ, limit, expected = READS[name]
    environ = dict(environ)
    if isinstance(expected, bytes):
        assert read_body(environ, limit) == expected
    else:
        with pytest.raises(Problem) as raised:
            read_body(environ, limit)
        assert (raised.value.status, raised.value.problem_code) == expected


def test_a_body_announced_as_too_large_is_not_touched():
    wire = Wire(KB)
    with pytest.raises(Problem) as raised:
        read_body(request(wire), 10)
    assert wire.taken == 0
    assert raised.value.extensions == {"max_bytes": 10}


def test_an_input_that_gives_more_than_it_is_asked_for_is_not_believed():
    wire = Wire(b"[1], 2")
    wire.read = lambda size: type(wire).read(wire)
    with pytest.raises(Problem, match="incomplete-body"):
        read_body(request(wire, CONTENT_LENGTH="3"), 1000)


def test_no_byte_too_many_is_in_memory():
    wire = Wire(b"x" * 1_000_000)
    with pytest.raises(Problem):
        read_body(request(wire, chunked=True), 100_000)
    assert wire.taken == 100_001


MB = 1 << 20

# Each row: the request, how much is read before, and how much must have been taken at the end.
DRAINS = {
    "all that is announced": (lambda wire: request(wire), 0, 5000),
    "what is left after a part": (lambda wire: request(wire), 2000, 5000),
    "chunked, to the end": (lambda wire: request(wire, chunked=True), 0, 5000),
    "chunked, after a part": (lambda wire: request(wire, chunked=True), 2000, 5000),
    "nothing that is not announced": (lambda wire: request(wire, CONTENT_LENGTH=None), 0, 0),
    "nothing where the length is none": (lambda wire: request(wire, CONTENT_LENGTH="x"), 0, 0),
    "nothing where the end is lost": (
        lambda wire: request(wire, HTTP_TRANSFER_ENCODING="chunked"),
        0,
        0,
    ),
}


@pytest.mark.parametrize("name", DRAINS)
def test_draining(name):
    make, before, expected = DRAINS[name]
    wire = Wire(b"x" * 5000, blocks=name.startswith(("all", "what")))
    environ = make(wire)
    if before:
        environ["statusware.body_taken"] = len(wire.read(before))
    drain(environ)
    assert wire.taken == expected


@pytest.mark.parametrize("chunked", [False, True])
def test_draining_ends_at_its_limit(chunked):
    wire = Wire(b"x" * (3 * DRAIN_LIMIT), piece=1000)
    environ = request(wire, chunked=chunked)
    drain(environ)
    assert wire.taken == DRAIN_LIMIT


def test_draining_after_a_refusal_takes_up_where_reading_stopped():
    wire = Wire(b"x" * 500_000)
    environ = request(wire, chunked=True)
    with pytest.raises(Problem):
        read_body(environ, 1000)
    drain(environ)
    assert wire.taken == 500_000


def test_what_is_counted_is_drained_as_well():
    """The app has been refused what is too much; it is thrown away, not refused once more."""
    wire = Wire(b"x" * 500_000)
    environ = request(wire, chunked=True)
    BodyLimit(1000).check(environ)
    with pytest.raises(Problem):
        environ["wsgi.input"].read()
    assert drain(environ) is True
    assert wire.taken == 500_000
    with pytest.raises(Problem):  # the app still gets none of it
        environ["wsgi.input"].read(1)


@pytest.mark.parametrize("size", [1, read.BLOCK, read.BLOCK + 1, 2 * read.BLOCK + 1])
def test_what_has_been_read_is_not_waited_for_again(size):
    environ = request(Wire(b"x" * size, blocks=True))
    assert len(read_body(environ, 1 << 20)) == size
    assert drain(environ) is True


@pytest.mark.parametrize("size", [0, 1, read.BLOCK, read.BLOCK + 1, 2 * read.BLOCK + 1])
def test_a_body_of_several_blocks_is_whole(size):
    body = bytes(at % 251 for at in range(size))
    assert read_body(request(Wire(body), chunked=True), 1 << 20) == body


@pytest.mark.parametrize("taken", range(3))
def test_draining_goes_on_after_so_many_bytes(taken):
    """None of them is taken for the mark of a body that cannot be read."""
    stream = io.BytesIO(b"abc")
    stream.read(taken)
    drain({"wsgi.input": stream, "CONTENT_LENGTH": "3", "statusware.body_taken": taken})
    assert stream.tell() == 3


def test_draining_never_raises_nor_reads_what_is_broken():
    wire = Wire(b"x", error=RuntimeError())
    environ = request(wire, chunked=True)
    drain(environ)
    with pytest.raises(Problem):
        read_body(environ, 10)
    environ["wsgi.input"] = Wire(b"left")
    drain(environ)
    assert environ["wsgi.input"].taken == 0


class Trickle:
    """A body whose bytes come over a socket."""

    body = b""

    def __init__(self, sock):
        self.sock = sock

    def read(self, size):
        return self.sock.recv(size)


@pytest.mark.parametrize(("protocol", "bounded"), [("HTTP/1.1", True), ("HTTP/2.0", False)])
def test_draining_does_not_wait_for_ever(monkeypatch, protocol, bounded):
    monkeypatch.setattr(read, "IDLE", 0.1)
    ours, client = socket.socketpair()
    with ours, client:
        ours.settimeout(1.5)
        client.sendall(b"xx")
        environ = request(Trickle(ours), CONTENT_LENGTH="9", SERVER_PROTOCOL=protocol)
        environ["gunicorn.socket"] = ours
        begun = time.monotonic()
        assert drain(environ) is False
        assert (time.monotonic() - begun < 1.4) is bounded
        assert ours.gettimeout() == 1.5


def test_draining_a_trickle_ends():
    ours, client = socket.socketpair()
    with ours, client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "LONGEST", 0.3)
        done = threading.Event()

        def go_on():
            while not done.wait(0.02):
                client.sendall(b"x")

        thread = threading.Thread(target=go_on)
        thread.start()
        environ = request(Trickle(ours), CONTENT_LENGTH="999", SERVER_PROTOCOL="HTTP/1.1")
        environ["gunicorn.socket"] = ours
        begun = time.monotonic()
        assert drain(environ) is False
        took = time.monotonic() - begun
        done.set()
        thread.join()
    assert 0.3 <= took < 5


@pytest.mark.parametrize(
    ("sent", "length", "all_of_it"),
    [
        (5000, "5000", True),
        (5000, None, True),
        (DRAIN_LIMIT + 1, None, False),
        (DRAIN_LIMIT, str(DRAIN_LIMIT), True),
        (DRAIN_LIMIT + 1, str(DRAIN_LIMIT + 1), False),
        (0, "x", False),
    ],
)
def test_draining_tells_whether_all_has_been_read(sent, length, all_of_it):
    wire = Wire(bytes(sent))
    chunked = request(wire, chunked=True)
    environ = chunked if length is None else request(wire, CONTENT_LENGTH=length)
    assert drain(environ) is all_of_it


def test_a_server_that_lingers_is_not_kept_from_answering():
    wire = Wire(b"x" * 5000)
    environ = request(wire) | {"statusware.lingers": True}
    assert drain(environ) is False
    assert wire.taken == 0
    assert drain(environ, answered=True) is True
    assert wire.taken == 5000


SIZES = {
    0: 0,
    65536: 65536,
    "65536": 65536,
    "64KiB": 65536,
    "64 KiB": 65536,
    "64kib": 65536,
    "1MiB": MB,
    "1 MB": 10**6,
    "2kB": 2000,
    "1.5 KiB": 1536,
    "1GiB": 1 << 30,
    "7 B": 7,
}


@pytest.mark.parametrize(("written", "size"), SIZES.items())
def test_sizes(written, size):
    assert parse_size(written) == size


@pytest.mark.parametrize(
    "written", ["", "KiB", "-1", -1, True, 1.5, None, "1 TiB", "1e3", "٣", "0x10", "1 KiB/s", [1]]
)
def test_what_is_no_size(written):
    with pytest.raises(PolicyError) as raised:
        parse_size(written)
    assert raised.value.key == "max_bytes"


WAYS = ["read", "read 10", "readline", "readlines", "iterate"]
LINES = b"seven..\n" * 125


@pytest.mark.parametrize("way", WAYS)
def test_a_limit_counts_while_the_app_reads(way):
    environ = request(LINES, chunked=True)
    BodyLimit("1kB").check(environ)
    assert consume(environ["wsgi.input"], way) == LINES


@pytest.mark.parametrize("hint", [None, -1, 0, 1, 7, 8, 9, 16, 17, 10_000])
def test_a_limit_gives_as_many_lines_as_are_asked_for(hint):
    environ = request(LINES, chunked=True)
    BodyLimit("1kB").check(environ)
    assert environ["wsgi.input"].readlines(hint) == io.BytesIO(LINES).readlines(hint)


@pytest.mark.parametrize("size", [-1, None])
def test_a_limit_counts_what_comes_in_pieces(size):
    environ = request(Wire(LINES, piece=7), chunked=True)
    BodyLimit("1kB").check(environ)
    assert environ["wsgi.input"].read(5) == LINES[:5]
    assert environ["wsgi.input"].read(size) == LINES[5:]


@pytest.mark.parametrize("way", WAYS)
def test_a_limit_stops_the_app_at_the_byte_too_many(way):
    environ = request(LINES + b"x", chunked=True)
    BodyLimit("1kB").check(environ)
    with pytest.raises(Problem) as raised:
        consume(environ["wsgi.input"], way)
    assert raised.value.status == 413


def test_a_limit_never_asks_for_more_than_one_byte_too_many():
    wire = Wire(b"x" * 100_000)
    environ = request(wire, chunked=True)
    BodyLimit(1000).check(environ)
    with pytest.raises(Problem):
        environ["wsgi.input"].read()
    assert wire.taken == 1001


def test_a_limit_leaves_what_is_announced_alone():
    environ = request(KB)
    source = environ["wsgi.input"]
    BodyLimit("1kB").check(environ)
    assert environ["wsgi.input"] is source
    with pytest.raises(Problem) as raised:
        BodyLimit(999).check(environ)
    assert raised.value.status == 413


def consume(source, way):
    if way == "read":
        return source.read()
    if way == "iterate":
        return b"".join(source)
    steps = {
        "read 10": lambda: source.read(10),
        "readline": source.readline,
        "readlines": lambda: b"".join(source.readlines(10)),
    }
    return b"".join(iter(steps[way], b""))


def test_a_limit_where_nobody_knows_the_end():
    with pytest.raises(Problem) as raised:
        BodyLimit(10).check(request(KB, HTTP_TRANSFER_ENCODING="chunked"))
    assert raised.value.status == 411
