"""The two streams: data goes to stdout, talk to stderr; both know whether colours are wanted."""

from __future__ import annotations

import os
from errno import EINVAL
from typing import TYPE_CHECKING, Any, TextIO

from wheelright.console.style import ColorChoice, Style, wants_color
from wheelright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OutputClosed(Exception):  # noqa: N818 - an event to end on, not a fault to explain
    """Whoever read our output went away (``wheelright tree | head``)."""


class Screen:
    """Where a run of the program prints.

    ``quiet`` counts ``-q``: 1 leaves warnings and errors, 2 leaves errors. ``verbose`` counts
    ``-v``. Data on stdout is printed whatever these say.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        *,
        environ: Mapping[str, str],
        color: ColorChoice = "auto",
        quiet: int = 0,
        verbose: int = 0,
    ) -> None:
        self.out = out
        self.err = err
        self.quiet = quiet
        self.verbose = verbose
        self.out_style = Style(enabled=wants_color(color, out, environ))
        self.err_style = Style(enabled=wants_color(color, err, environ))

    def data(self, text: str) -> None:
        """Print ``text`` to stdout, with one newline at its end."""
        try:
            _write(self.out, text if text.endswith("\n") else text + "\n")
        except OSError as error:
            raise UsageError(f"cannot write to stdout: {error.strerror or error}") from error

    def document(self, document: Mapping[str, Any]) -> None:
        """Print a document for programs to stdout: JSON, ASCII only, indented by two."""
        import json

        self.data(json.dumps(document, indent=2))

    def say(self, lines: Iterable[str]) -> None:
        """Print talk to stderr, unless ``-q``."""
        if not self.quiet:
            self.error(lines)

    def warn(self, lines: Iterable[str]) -> None:
        """Print warnings to stderr, unless ``-qq``."""
        if self.quiet < 2:
            self.error(lines)

    def error(self, lines: Iterable[str]) -> None:
        """Print to stderr, always."""
        text = "".join(f"{line}\n" for line in lines)
        if not text:
            return
        try:
            _write(self.err, text)
        except OSError as error:  # nowhere is left to tell of it
            raise OutputClosed from error

    def can_show(self, text: str) -> bool:
        """Whether the encoding of stdout has every character of ``text``."""
        try:
            text.encode(self.out.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return False
        return True


def _write(stream: TextIO, text: str) -> None:
    """Write and flush; characters that the encoding lacks become escapes."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        if isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == EINVAL):
            raise OutputClosed from error
        raise
