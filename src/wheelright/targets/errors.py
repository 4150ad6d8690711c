"""What can be wrong with the names of platforms and files."""

from __future__ import annotations

from wheelright.errors import RequestError, UsageError


class UnknownPlatform(UsageError):  # noqa: N818 - reads as the sentence it is
    """A platform name that is neither well known nor of a known pattern."""


class InvalidFileName(RequestError):  # noqa: N818 - as above
    """A file name that is not that of a wheel (the binary distribution format's rules)."""
