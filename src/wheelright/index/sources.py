"""Where files are looked for: an index, or a flat list of links (``--find-links``).

Must live here: what is configured for one place. Must not live here: finding the default place
(``default``), asking it (``indexes``) and finding its password (``credentials``).
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import force_setattr

from wheelright.outside.urls import path_of, split_credentials


class IndexSource(Struct, frozen=True):
    """One place to look for files.

    ``url`` may be given with ``user:password@``; it is kept without, and they go to
    ``credentials``, which is never shown and takes no part in equality. A path is turned into a
    ``file:`` URL. ``explicit``: only for projects that name it. ``flat``: a folder or page of links
    to files, not an index. ``default``: asked after all others. ``authenticate``: ``"always"`` asks
    the keyring at once, ``"never"`` sends no credentials. ``ignored_statuses`` are answers that
    mean "not known here", besides 404 and 410.
    """

    name: str | None
    url: str
    explicit: bool = False
    flat: bool = False
    default: bool = False
    authenticate: str = "auto"  # auto | always | never
    ignored_statuses: frozenset[int] = frozenset()
    credentials: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        url, found = split_credentials(self.url)
        if "://" not in url and not url.lower().startswith("file:"):
            url = Path(url).expanduser().absolute().as_uri()
        if not self.flat:
            url = url.partition("#")[0].rstrip("/") + "/"
        force_setattr(self, "url", url)
        if found is not None:
            force_setattr(self, "credentials", found)

    @property
    def _said(self) -> tuple[object, ...]:
        return (
            self.name,
            self.url,
            self.explicit,
            self.flat,
            self.default,
            self.authenticate,
            self.ignored_statuses,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IndexSource) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    def __repr__(self) -> str:
        return f"IndexSource({self.name!r}, {self.url!r})"  # the credentials are never shown

    @property
    def label(self) -> str:
        """What to call it in a message: its name, else its URL."""
        return self.name or self.url

    @property
    def folder(self) -> Path | None:
        """The local folder or file that it is, or ``None`` if it is on the network."""
        return Path(path_of(self.url)) if self.url[:5].lower() == "file:" else None

    def page_url(self, project: str) -> str:
        """Return the URL of a project's page; ``project`` is a normalized name."""
        return f"{self.url}{project}/"
