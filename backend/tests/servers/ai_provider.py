"""A provider of language models, on loopback unless told, that answers as a test tells it to.

It speaks the three wire formats over real HTTP: Anthropic's messages, OpenAI's chat completions
and Ollama's chat, and lists no models to whoever asks for them. What it says is set per test, how
it is wrapped follows from the address asked.
"""

import contextlib
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "key-of-the-tests"
MODEL = "model-of-the-tests"

ANTHROPIC_PATH = "/v1/messages"
OPENAI_PATH = "/v1/chat/completions"
OLLAMA_PATH = "/api/chat"

ANTHROPIC_MODELS = "/v1/models?limit=1"
OPENAI_MODELS = "/v1/models"
OLLAMA_MODELS = "/api/tags"


class Mood(StrEnum):
    """How the server behaves."""

    ANSWER = "answer"
    """Wrap `text` as the provider would."""
    BODY = "body"
    """Send `text` as the whole body, as a broken proxy would."""
    HUGE = "huge"
    """Wrap ten megabytes of text."""
    COMPRESSED = "compressed"
    """Answer properly, but gzipped without having been asked."""
    STATUS = "status"
    """Refuse with `status`."""
    HANG = "hang"
    """Never answer."""
    DRIP = "drip"
    """Answer a byte now and then, for ever."""
    BREAK = "break"
    """Close the connection instead of answering."""
    REDIRECT = "redirect"
    """Send whoever asks to `location`."""
    NO_SCHEMA = "no_schema"
    """Refuse requests with a response format, answer others."""


@dataclass(frozen=True)
class SeenRequest:
    """What a driver sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        """What stands in the user's message."""
        return str(self.body["messages"][-1]["content"])


@dataclass
class AIProviderServer:
    """The running server; tests set `mood` and read `seen`."""

    url: str
    mood: Mood = Mood.ANSWER
    status: int = 500
    location: str = ""
    texts: list[str] = field(default_factory=list)
    """What the model says, one per request; the last one is repeated."""
    reply: Callable[[str], str] | None = None
    """What the model says to a prompt, where that is not the same for all."""
    seen: list[SeenRequest] = field(default_factory=list)
    pings: list[SeenRequest] = field(default_factory=list)
    """Requests for lists of models."""
    released: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        """Well-behaved again, with nothing seen."""
        self.released.set()
        self.mood, self.status, self.texts, self.seen = Mood.ANSWER, 500, [], []
        self.pings, self.location = [], ""
        self.released = threading.Event()

    def next_text(self, body: dict[str, Any] | None = None) -> str:
        """What the model says to this request."""
        if self.reply is not None and body is not None:
            return self.reply(str(body["messages"][-1]["content"]))
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


def wrapped(path: str, text: str) -> bytes:
    """The text as the provider at `path` sends it; JSON objects go into Anthropic's tool."""
    if path == ANTHROPIC_PATH:
        block: dict[str, Any] = {"type": "text", "text": text}
        with contextlib.suppress(ValueError):
            value = json.loads(text)
            if isinstance(value, dict):
                block = {"type": "tool_use", "id": "t", "name": "file_document", "input": value}
        return json.dumps(
            {
                "id": "m",
                "type": "message",
                "role": "assistant",
                "model": MODEL,
                "content": [block],
                "stop_reason": block["type"],
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
        ).encode()
    message = {"role": "assistant", "content": text}
    if path == OPENAI_PATH:
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body: dict[str, Any] = {
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": MODEL,
            "choices": [choice],
        }
    else:
        body = {"model": MODEL, "message": message, "done": True}
    return json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: AIProviderServer

    def do_POST(self) -> None:
        provider = self.provider
        length = int(self.headers.get("content-length", 0))
        body = json.loads(self.rfile.read(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.seen.append(SeenRequest(self.path, headers, body))
        if self.path not in {ANTHROPIC_PATH, OPENAI_PATH, OLLAMA_PATH}:
            return self._send(404, b'{"error": {"message": "no such address"}}')
        given = self._given(headers)
        if self.path != OLLAMA_PATH and given != KEY:
            return self._send(401, json.dumps({"error": {"message": f"bad key {given}"}}).encode())
        if body["model"] != MODEL:
            return self._send(404, b'{"error": {"message": "no such model"}}')
        return self._behave(provider, body)

    def do_GET(self) -> None:
        provider = self.provider
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.pings.append(SeenRequest(self.path, headers, {}))
        is_known = self.path in {ANTHROPIC_MODELS, OPENAI_MODELS, OLLAMA_MODELS}
        is_open = self.path == OLLAMA_MODELS
        match provider.mood:
            case _ if not is_known:
                self._send(404, b'{"error": {"message": "no such address"}}')
            case _ if not is_open and self._given(headers) != KEY:
                self._send(401, b'{"error": {"message": "bad key"}}')
            case Mood.STATUS:
                self._send(provider.status, b'{"error": {"message": "not now"}}')
            case Mood.REDIRECT:
                self._send(302, b"", {"Location": provider.location})
            case Mood.HANG:
                provider.released.wait(60)
                self.close_connection = True
            case Mood.BREAK:
                self.close_connection = True
            case _:
                self._send(200, b'{"data": [], "models": []}')

    def _given(self, headers: dict[str, str]) -> str:
        return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")

    def _behave(self, provider: AIProviderServer, body: dict[str, Any]) -> None:
        match provider.mood:
            case Mood.STATUS:
                self._send(provider.status, b'{"error": {"message": "not now"}}')
            case Mood.REDIRECT:
                self._send(302, b"", {"Location": provider.location})
            case Mood.BODY:
                self._send(200, provider.next_text().encode())
            case Mood.HUGE:
                self._send(200, wrapped(self.path, "x" * 10_000_000))
            case Mood.COMPRESSED:
                data = gzip.compress(wrapped(self.path, provider.next_text()))
                self._send(200, data, {"Content-Encoding": "gzip"})
            case Mood.HANG:
                provider.released.wait(60)
                self.close_connection = True
            case Mood.DRIP:
                self._drip(provider.released)
            case Mood.BREAK:
                self.close_connection = True
            case Mood.NO_SCHEMA if "response_format" in body:
                self._send(400, b'{"error": {"message": "response_format is not supported"}}')
            case _:
                self._send(200, wrapped(self.path, provider.next_text(body)))

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        # A client that has read enough of a huge body hangs up, which is its good right.
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def _drip(self, released: threading.Event) -> None:
        self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while not released.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `seen` instead."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that time out hang up in the middle; that is what is being tested."""


@contextlib.contextmanager
def ai_provider_server(host: str = "127.0.0.1") -> Iterator[AIProviderServer]:
    """Run the server in a thread of this process; another host is for containers to reach."""
    handler = type("Handler", (_Handler,), {})
    server = _Server((host, 0), handler)
    provider = AIProviderServer(f"http://{host}:{server.server_address[1]}")
    handler.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
