"""What can go wrong when a Python is looked for or asked."""

from __future__ import annotations

from wheelright.errors import RequestError, UsageError


class PythonNotFound(RequestError):  # noqa: N818 - reads as the sentence it is
    """No Python found meets what was asked; lists where it was looked for and what was found."""


class InvalidRequest(UsageError):  # noqa: N818 - reads as the sentence it is
    """A request for a Python that cannot be understood."""


class BrokenPython(UsageError):  # noqa: N818 - reads as the sentence it is
    """A Python that does not run, or does not answer as one. ``reason`` says why, in few words."""

    def __init__(self, executable: str, reason: str) -> None:
        super().__init__(f"The Python at `{executable}` cannot be used: {reason}")
        self.reason = reason
