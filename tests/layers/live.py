"""A gunicorn of our own, and raw exchanges with it."""

import re
import socket
import subprocess
import sys
import threading


class Server:
    """A gunicorn with one worker on a free port; its log in `log`."""

    def __init__(self, target, *options):
        command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"]
        command += ["--timeout", "60", "--no-control-socket", *options, target]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if "Booting worker" in line:
                break
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        self.log.extend(self.process.stderr)

    def exchange(self, request):
        """All that comes back for raw bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(request)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received

    def get(self, path, method="GET"):
        request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        return self.send(request.encode())

    def send(self, request):
        """Status line, headers and body of the answer to raw bytes."""
        received = self.exchange(request)
        head, _, body = received.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        if headers.get("Transfer-Encoding") == "chunked":
            body = dechunk(body)
        return status, headers, body

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()


def dechunk(body):
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return out
        out, body = out + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    raise AssertionError("no last chunk")
