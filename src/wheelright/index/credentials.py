"""User and password for an index: from its URL, variables, netrc and the keyring.

Must live here: where credentials are looked up and which addresses they are for. They are sent
only to the origin (scheme, host, port) they were configured for, and appear in no message, cache
key or lock. Must not live here: sending them (``outside.http`` does).

The order: the URL itself, ``WHEELRIGHT_INDEX_<NAME>_USERNAME`` and ``_PASSWORD`` (``UV_INDEX_``
too), netrc (``NETRC`` or ``~/.netrc``), and the keyring last: it is slow, so it is asked only
where a name is known without a password, where the index says ``authenticate = "always"``, or
after the index refused (:meth:`Credentials.ask`).
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from wheelright.errors import UsageError, WheelrightError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from netrc import netrc

    from wheelright.index.sources import IndexSource
    from wheelright.outside.reporting import Reporter

Provider = Literal["disabled", "subprocess", "import"]
_PORTS: Final = {"http": 80, "https": 443}
_KEYRING_SECONDS: Final = 60.0
_PREFIXES: Final = ("WHEELRIGHT_INDEX_", "UV_INDEX_")


class Credentials:
    """Answers what to send to a URL; call it (it is the ``auth`` of the HTTP settings)."""

    def __init__(
        self,
        sources: Iterable[IndexSource],
        environ: Mapping[str, str],
        reporter: Reporter,
        *,
        keyring: Provider = "disabled",
        home: Path | None = None,
    ) -> None:
        self._environ = environ
        self._reporter = reporter
        self._keyring = keyring
        self._home = home or Path(os.path.expanduser("~"))  # noqa: PTH111
        self._lock = threading.Lock()
        self._netrc: netrc | None = None
        self._netrc_read = False
        self._silent: set[tuple[str, str, int]] = set()
        self._always: dict[tuple[str, str, int], str] = {}
        # Per origin: path prefix, user and password (either may be missing), longest first.
        self._known: dict[tuple[str, str, int], list[tuple[str, str | None, str | None]]] = {}
        self._asked: dict[tuple[str, str, int], tuple[str, str] | None] = {}
        for source in sources:
            self._learn(source)

    def _learn(self, source: IndexSource) -> None:
        origin = _origin(source.url)
        if origin is None:
            return
        if source.authenticate == "never":
            self._silent.add(origin)
            return
        if source.authenticate == "always":
            self._always[origin] = source.url
        user, password = source.credentials or (None, None)
        if source.name:
            user = user or self._variable(source.name, "USERNAME")
            password = password or self._variable(source.name, "PASSWORD")
        if user is not None or password is not None:
            entries = self._known.setdefault(origin, [])
            entries.append((urlsplit(source.url).path, user, password))
            entries.sort(key=lambda entry: -len(entry[0]))

    def _variable(self, name: str, what: str) -> str | None:
        middle = re.sub(r"[^A-Z0-9]", "_", name.upper())
        for prefix in _PREFIXES:
            value = self._environ.get(f"{prefix}{middle}_{what}")
            if value:
                return value
        return None

    def __call__(self, url: str) -> tuple[str, str] | None:
        """Return user and password for a URL, or ``None``."""
        origin = _origin(url)
        if origin is None or origin in self._silent:
            return None
        if origin in self._asked and self._asked[origin] is not None:
            return self._asked[origin]
        path = urlsplit(url).path
        entries = self._known.get(origin, [])
        user = None
        # The files of an index often lie outside its own path, but on its host.
        for _, user, password in sorted(entries, key=lambda entry: not path.startswith(entry[0])):
            if password:
                return user or "", password
            break
        found = self._from_netrc(origin[1])
        if found is not None and user in {None, found[0]}:
            return found
        if user is not None or origin in self._always:
            return self._from_keyring(origin, url, user) or ((user, "") if user else None)
        return None

    def ask(self, url: str) -> bool:
        """Ask the keyring after an index refused; returns whether there is something new."""
        origin = _origin(url)
        if origin is None or origin in self._silent or origin in self._asked:
            return False
        entries = self._known.get(origin, [])
        user = entries[0][1] if entries else None
        return self._from_keyring(origin, url, user) is not None

    def _from_netrc(self, host: str) -> tuple[str, str] | None:
        with self._lock:
            if not self._netrc_read:
                self._netrc_read = True
                self._netrc = self._read_netrc()
            found = self._netrc.authenticators(host) if self._netrc else None
        if found is None or not found[2]:
            return None
        return found[0] or found[1] or "", found[2]

    def _read_netrc(self) -> netrc | None:
        named = self._environ.get("NETRC")
        places = [Path(named)] if named else [self._home / ".netrc", self._home / "_netrc"]
        for path in places:
            if not path.is_file():
                continue
            from netrc import NetrcParseError, netrc

            try:
                return netrc(str(path))
            except (OSError, NetrcParseError, UnicodeDecodeError) as error:
                line = getattr(error, "lineno", None)
                where = f"{path}:{line}" if line else str(path)
                self._reporter.warn(f"`{where}` is not valid and gives no credentials")
                return None
        return None

    def _from_keyring(
        self, origin: tuple[str, str, int], url: str, user: str | None
    ) -> tuple[str, str] | None:
        """Ask the keyring once per origin: for the index's URL, then for the host."""
        if self._keyring == "disabled":
            return None
        with self._lock:
            if origin not in self._asked:
                services = [self._always.get(origin, url), origin[1]]
                ask = _by_import if self._keyring == "import" else self._by_program
                self._asked[origin] = ask(services, user)
            return self._asked[origin]

    def _by_program(self, services: list[str], user: str | None) -> tuple[str, str] | None:
        from wheelright.outside.processes import run

        for service in services:
            command = ["keyring", "get", service, user]
            if user is None:
                command = ["keyring", "--mode", "creds", "get", service]
            try:
                done = run(
                    [part for part in command if part is not None],
                    env=self._environ,
                    timeout=_KEYRING_SECONDS,
                )
            except WheelrightError as error:
                self._reporter.warn(f"The keyring was not asked: {error.message}")
                return None
            lines = done.stdout.splitlines()
            if done.code == 0 and user is not None and lines and lines[0]:
                return user, lines[0]
            if done.code == 0 and user is None and len(lines) >= 2:
                return lines[0], lines[1]
        return None


def _by_import(services: list[str], user: str | None) -> tuple[str, str] | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise UsageError(
            "The keyring can not be asked: `keyring` is not installed",
            hints=["install `wheelright[keyring]`, or choose `--keyring-provider subprocess`"],
        ) from error
    for service in services:
        try:
            found = keyring.get_credential(service, user)
        except KeyringError as error:
            raise UsageError(
                f"The keyring can not be asked ({type(error).__name__})",
                hints=["choose `--keyring-provider disabled` to go without"],
            ) from error
        if found is not None and found.password:
            return found.username or user or "", found.password
    return None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL on the network; ``None`` for any other."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        port = parts.port or _PORTS.get(scheme)
    except ValueError:
        return None
    return (scheme, host, port) if host and port and scheme in _PORTS else None
