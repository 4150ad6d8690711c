"""The text of a compiled requirements file. Pure: lines in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WIDTH = 26


class Line(Struct, frozen=True):
    """One pinned package.

    ``pin`` is the requirement without marker. ``asked_marker`` is the one that it was asked for
    with, ``marker`` the one that tells where it applies; one of them at most is given.
    """

    name: str
    pin: str
    asked_marker: str | None = None
    marker: str | None = None
    hashes: tuple[str, ...] = ()


class Sheet(Struct, frozen=True):
    """How the file looks.

    ``command`` stands in the header (None: no header); ``origins`` tell who asks for each package
    (None: no annotations), after the pin where ``beside``. ``options`` come before the packages,
    ``left_out`` names those that were chosen and are not written.
    """

    command: str | None = None
    origins: Mapping[str, tuple[str, ...]] | None = None
    beside: bool = False
    options: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def write_requirements(lines: Iterable[Line], sheet: Sheet) -> str:
    """Return the text, packages by name."""
    written: list[str] = []
    if sheet.command is not None:
        written += ["# Written by Wheelright with this command:", f"#    {sheet.command}"]
    if sheet.options:
        written += [*sheet.options, ""]
    for line in sorted(lines, key=lambda line: (line.name, line.pin)):
        origins = () if sheet.origins is None else sheet.origins.get(line.name, ())
        written += _written(line, origins, beside=sheet.beside)
    if sheet.left_out:
        written += ["", "# Needed too, and left out on request:"]
        written += [f"# {name}" for name in sheet.left_out]
    return "\n".join(written) + "\n" if written else ""


def _written(line: Line, origins: tuple[str, ...], *, beside: bool) -> list[str]:
    marker = line.asked_marker or line.marker
    pin = line.pin if marker is None else f"{line.pin} ; {marker}"
    first = " \\\n    ".join([pin, *(f"--hash={one}" for one in line.hashes)])
    if not origins:
        return [first]
    if beside:
        text = f"# via {', '.join(origins)}"
        if line.hashes:
            return [first, f"    {text}"]
        return [f"{first:<{_WIDTH}}{text}" if len(first) < _WIDTH - 1 else f"{first}  {text}"]
    if len(origins) == 1:
        return [first, f"    # via {origins[0]}"]
    return [first, "    # via", *(f"    #   {origin}" for origin in origins)]
