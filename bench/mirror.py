"""The mirror: one recording served in several modes, each on a port of its own, with a log."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from bench.nginx import configuration, find_nginx, free_port, start_nginx
from bench.recorder import Recorder
from bench.server import Mode, RecordingServer
from wheelright.index.default import certificates, default_index
from wheelright.outside.http import Http, HttpSettings

if TYPE_CHECKING:
    from pathlib import Path

FRESH: Final = Mode("fresh")
STALE: Final = Mode("stale", max_age=0)
PLAIN: Final = Mode("plain", metadata=False)
MODES: Final = (FRESH, STALE, PLAIN)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a mirror was asked: requests by kind, and the bytes it sent."""

    requests: dict[str, int] = field(default_factory=dict)
    bytes_sent: int = 0

    def __getitem__(self, kind: str) -> int:
        """Return how many requests of a kind there were: pages, metadata, ranges or files."""
        return self.requests.get(kind, 0)


class Mirror:
    """A context manager; ``urls`` are the indexes to configure, by the name of the mode.

    ``delay`` is seconds before each answer; it needs the Python server. A ``closed`` one serves
    what is recorded and asks nobody for more.
    """

    def __init__(
        self, recording: Path, state: Path, *, delay: float = 0.0, closed: bool = False
    ) -> None:
        self.recording = recording
        self.closed = closed
        self.state = state
        self.delay = delay
        self.program = None if delay else find_nginx()
        self.urls: dict[str, str] = {}
        self._logs: dict[str, Path] = {}
        self._read: Counter[str] = Counter()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for folder in (self.recording / "pages", self.recording / "files", self.state):
            folder.mkdir(parents=True, exist_ok=True)
        http = self._stack.enter_context(Http(HttpSettings(timeout=120, cert=certificates())))
        index = default_index().url
        self.recorder = Recorder(self.recording, http, index, closed=self.closed)
        servers = []
        for mode in MODES:
            alone = self.program is None
            log = self.state / f"{mode.name}.log"
            own = log if alone else self.state / f"{mode.name}-behind.log"
            server = RecordingServer(self.recorder, mode, own, self.delay)
            self._stack.enter_context(server)
            port = server.port if alone else free_port()
            self.urls[mode.name] = f"http://127.0.0.1:{port}/simple/"
            self._logs[mode.name] = log
            servers.append((mode, port, server.port, log))
        if self.program is not None:
            settings = configuration(self.state, self.recording, servers)
            ports = [port for _, port, _, _ in servers]
            process = start_nginx(self.program, self.state, settings, ports)
            self._stack.callback(process.wait)
            self._stack.callback(process.terminate)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def kind(self) -> str:
        """What serves, for the page."""
        if self.program is not None:
            return "nginx"
        delayed = f", {self.delay * 1000:.0f} ms before each answer" if self.delay else ""
        return f"a threaded Python server{delayed}"

    def traffic(self, mode: str) -> Traffic:
        """Return what was asked of a mode since the last call."""
        log = self._logs[mode]
        if not log.exists():
            return Traffic()
        with log.open("rb") as file:
            file.seek(self._read[mode])
            lines = file.read()
        self._read[mode] += len(lines)
        return traffic_of(lines.decode())


def traffic_of(log: str) -> Traffic:
    """Count the requests of a log: ``METHOD STATUS BYTES PATH`` per line."""
    kinds: Counter[str] = Counter()
    sent = 0
    for line in log.splitlines():
        _, status, size, path = line.split(" ", 3)
        sent += int(size)
        kinds[_kind(path, status)] += 1
    return Traffic(dict(kinds), sent)


def _kind(path: str, status: str) -> str:
    if path.startswith("/simple/"):
        return "pages"
    if path.endswith(".metadata"):
        return "metadata"
    return "ranges" if status == "206" else "files"
