"""Raw bytes over a socket, and what came back, taken apart."""

import json
import socket
import time
from typing import NamedTuple

__all__ = ["Answer", "exchange", "request"]

#: Seconds to wait for a server; one that takes longer hangs.
PATIENCE = 8.0

#: Seconds in which a connection that is kept open shows no further answer.
QUIET = 0.5


class Answer(NamedTuple):
    """One response. `whole` is whether its framing says that it is complete."""

    status: int
    fields: list
    body: bytes
    whole: bool

    def get(self, name):
        """The values of a header, joined; None without one."""
        found = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    def members(self):
        """The members of a JSON object; none of anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def request(line="GET /open", *fields, body=b"", version="HTTP/1.1", close=True):
    """The bytes of a request; a line without a version gets one, a body its length."""
    lines = [f"{line} {version}".strip(), "Host: shop.example", *fields]
    if close:
        lines.append("Connection: close")
    head = b"\r\n".join(each if isinstance(each, bytes) else each.encode() for each in lines)
    names = {each.split(":")[0].lower() for each in fields if isinstance(each, str)}
    if body and not names & {"content-length", "transfer-encoding"}:
        head += b"\r\nContent-Length: %d" % len(body)
    return head + b"\r\n\r\n" + body


def exchange(port, data, *, half_close=False, patience=PATIENCE):
    """The answers to raw bytes, and how it ended: "closed", "open" or "timeout"."""
    received, end = b"", "timeout"
    head = data.lstrip(b"\r\n").startswith(b"HEAD ")
    until = time.monotonic() + patience
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # answered and closed before all was sent
        while time.monotonic() < until:
            answers = parse(received, head)
            settled = bool(answers) and answers[-1].whole
            connection.settimeout(QUIET if settled else max(until - time.monotonic(), 0.01))
            try:
                chunk = connection.recv(1 << 18)
            except TimeoutError:
                end = "open" if settled else "timeout"
                break
            except OSError:
                chunk = b""
            if not chunk:
                end = "closed"
                break
            received += chunk
    answers = parse(received, head)
    if end == "closed" and answers and _until_close(answers[-1]):
        answers[-1] = answers[-1]._replace(whole=True)
    return answers, end


def _until_close(answer):
    """Whether the end of the connection is the end of the body (RFC 9112 section 6.3)."""
    return (
        answer.status and not answer.get("Content-Length") and not answer.get("Transfer-Encoding")
    )


def parse(received, head=False):
    """The responses in what was received; interim ones (1xx) are left out."""
    answers = []
    while received:
        top, blank, rest = received.partition(b"\r\n\r\n")
        lines = top.decode("latin-1").split("\r\n")
        number = lines[0].split(" ")[1:2]
        if not blank or not lines[0].startswith("HTTP/") or not number or not number[0].isdigit():
            # HTTP/0.9 has no head; a None for a status is no status.
            answers.append(Answer(0, [("status-line", lines[0])], received, whole=False))
            return answers
        status = int(number[0])
        fields = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]
        answer = Answer(status, fields, b"", whole=True)
        if not (head or status in (204, 304) or status < 200):
            answer, rest = _with_body(answer, rest)
        if status >= 200:
            answers.append(answer)
        received = rest
    return answers


def _with_body(answer, rest):
    if (answer.get("Transfer-Encoding") or "").lower() == "chunked":
        body, whole = b"", False
        while True:
            size, line_end, after = rest.partition(b"\r\n")
            try:
                length = int(size.split(b";")[0], 16) if line_end else None
            except ValueError:
                length = None
            if length is None:
                break
            if length == 0:
                whole, rest = after[:2] == b"\r\n", after[2:]
                break
            if len(after) < length + 2:
                body, rest = body + after[:length], b""
                break
            body, rest = body + after[:length], after[length + 2 :]
        return answer._replace(body=body, whole=whole), rest
    length = answer.get("Content-Length")
    if length is None:
        return answer._replace(body=rest, whole=False), b""  # it ends with the connection
    size = int(length) if length.isdigit() else 0
    whole = len(rest) >= size
    return answer._replace(body=rest[:size], whole=whole), rest[size:]
