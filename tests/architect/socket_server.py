"""A server on a real socket of this machine: it says what it is told to, byte by byte.

What one request gets is a list of steps: bytes to send; `STALL` says nothing more until the other
side hangs up; `RESET` cuts the connection; `CLOSE` hangs up. After the last step the connection
waits for the next request.
"""

import json
import socket
import struct
import threading
from contextlib import suppress

from scripted_client import events

STALL, RESET, CLOSE = "stall", "reset", "close"
_RST = struct.pack("ii", 1, 0)
_OK = b"HTTP/1.1 200 OK\r\n"
_END = b"0\r\n\r\n"


def sse(said):
    """Return events as the wire has them, each a chunk."""
    head = _OK + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return [head, *(_chunk(_event(name, data)) for name, data in said)]


def answer(*blocks, until=None, then=(_END,), **how):
    """Return the steps of an answer; with `until`, only so many events and then `then`."""
    if "stop_reason" not in how and any(b["type"] == "tool_use" for b in blocks):
        how["stop_reason"] = "tool_use"
    return [*sse(list(events(blocks, **how))[:until]), *then]


def page(status, body, content_type="text/html", **headers):
    """Return the steps of a whole response."""
    head = [f"HTTP/1.1 {status} Said", f"content-type: {content_type}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw = body.encode()
    return ["\r\n".join([*head, f"content-length: {len(raw)}"]).encode() + b"\r\n\r\n" + raw]


class SocketServer:
    """Answers in order, or as `respond` says to a body.

    `bodies` and `heads` are of the requests it got; `url` is its address.
    """

    def __init__(self, *answers, respond=None):
        self.answers, self.bodies, self.heads = list(answers), [], []
        self._respond = respond or (lambda _: self.answers.pop(0))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open, self._threads = [], []

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection):
        with suppress(OSError), connection, connection.makefile("rb") as read:
            while self._heard(read):
                if not self._say(connection, self._respond(self.bodies[-1])):
                    return

    def _heard(self, read):
        head = {"": read.readline().decode("latin-1").strip()}
        if not head[""]:
            return False
        for line in iter(read.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            head[name.lower()] = value.strip()
        raw = read.read(int(head.get("content-length", 0)))
        self.heads.append(head)
        self.bodies.append(json.loads(raw) if raw else None)
        return True

    def _say(self, connection, steps):
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif step == STALL:
                connection.recv(1)
            elif step == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            elif step != CLOSE:
                step()
            if step in (STALL, RESET, CLOSE):
                return False
        return True


def _event(name, data):
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _chunk(raw):
    return b"%x\r\n%s\r\n" % (len(raw), raw)
