"""A file: a wheel or an sdist, identified by its name and hash. Its URL is a hint."""

from __future__ import annotations

import msgspec


class File(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One wheel or sdist as an index lists it or a lock records it.

    ``url`` is absolute (``https:``, ``http:`` or ``file:``) and never carries credentials.
    ``hashes`` maps algorithm to lower-case hex digest. ``size`` is in bytes. ``uploaded`` is the
    RFC 3339 upload time as published. ``yanked`` is ``False``, ``True`` or the reason.
    ``metadata`` is ``False`` (no PEP 658 file), ``True`` (one without a hash) or its hashes.
    """

    name: str
    url: str
    hashes: dict[str, str] = {}
    size: int | None = None
    uploaded: str | None = None
    requires_python: str | None = None
    yanked: bool | str = False
    metadata: bool | dict[str, str] = False

    @property
    def is_wheel(self) -> bool:
        """Whether the name is that of a wheel."""
        return self.name.endswith(".whl")
