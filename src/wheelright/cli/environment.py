"""Options given by environment variables: ``WHEELRIGHT_`` and the long name of the option.

Switches read 1, true, yes, on, 0, false, no and off; counted ones a number. Lists of names are
parted by commas or blanks, lists of URLs, paths and requirements by blanks. An empty variable
counts as unset. What the command line says of the same thing wins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wheelright.cli.errors import CommandLineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.cli.option import Option

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def from_environment(
    options: Iterable[Option], environ: Mapping[str, str]
) -> dict[str, tuple[str, Any]]:
    """Read the values that variables give, by ``dest``, each with the variable that gave it."""
    found: dict[str, tuple[str, Any]] = {}
    for option in options:
        text = environ.get(option.variable, "").strip() if option.in_environment else ""
        if not text:
            continue
        value = _value(option, text)
        if value is None:
            continue
        if option.many and option.dest in found:
            value = found[option.dest][1] + value
        found[option.dest] = (option.variable, value)
    return found


def _value(option: Option, text: str) -> Any:
    if option.takes_value:
        if option.many:
            values = split_words(text) if option.words else text.split()
            return [checked(option, value, option.variable) for value in values]
        return checked(option, text, option.variable)
    if option.counted and text.isdecimal():
        return int(text)
    said = _truth(option, text)
    if option.many:
        return [option.const] if said else None
    if option.counted:
        return int(said)
    return option.const if said else not option.const


def _truth(option: Option, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise CommandLineError(
        f"`{option.variable}` must be 1, 0, true or false, not `{text}`",
        hints=[f"it stands for the option `{option.name}`"],
    )


def split_words(text: str) -> list[str]:
    """Names parted by commas or blanks."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def checked(option: Option, text: str, given_by: str) -> Any:
    """``text`` as the value of ``option``; an error names ``given_by``, a flag or a variable."""
    if option.number:
        if text.isdecimal() and text.isascii():
            return int(text)
        raise CommandLineError(f"`{given_by}` must be a number, not `{text}`")
    if option.choices and text not in option.choices:
        from wheelright.cli.suggest import nearest

        near = nearest(text, option.choices)
        one_of = ", ".join(f"`{choice}`" for choice in option.choices)
        raise CommandLineError(
            f"`{given_by}` must be one of {one_of}, not `{text}`",
            hints=[f"did you mean `{near}`?"] if near else [],
        )
    return text
