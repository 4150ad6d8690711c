"""From words to values: finds the command, reads its options, adds the environment.

``argparse`` reads the options of the one command at hand. The command and the arguments are
found here, because options may stand before and after both, and ``run`` must leave alone what
follows its first argument; argparse does neither in the same way on every Python.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from wheelright.cli.environment import checked, from_environment, split_words
from wheelright.cli.errors import CommandLineError
from wheelright.cli.everywhere import GLOBAL_OPTIONS, beside
from wheelright.cli.given import Given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.cli.option import Command, Option
    from wheelright.cli.registry import Registry


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command line as read.

    ``name`` is what was named ("lock", "python", ""); ``command`` is ``None`` where that is no
    command yet. ``help`` and ``version`` say that these are wanted instead of the work.
    """

    name: str
    command: Command | None
    given: Given
    help: bool = False
    version: bool = False


def parse(argv: Sequence[str], environ: Mapping[str, str], registry: Registry) -> Parsed:
    """Read a command line (without the program's name).

    Raises :class:`CommandLineError` where it cannot be read.
    """
    before, rest = _split_at_argument(argv, GLOBAL_OPTIONS)
    words: list[str] = []
    while rest and " ".join(words) in {"", *registry.groups}:
        words.append(rest[0])
        registry.insist(" ".join(words))
        if registry.entry(" ".join(words)) is not None:
            rest = rest[1:]
            break
        more, rest = _split_at_argument(rest[1:], GLOBAL_OPTIONS)
        before += more
    name = " ".join(words)
    entry = registry.entry(name)
    command = None if entry is None else entry.load()
    own = () if command is None else command.options
    options = (*own, *beside(own))
    typed, arguments = _divide(before, rest, command, options)
    values, more_arguments = _read(typed, options, name)
    wants_help = values.pop("help", None) is not None
    wants_version = values.pop("version", None) is not None
    given = Given(
        _merged(values, from_environment(options, environ), options),
        (*more_arguments, *arguments),
        frozenset(values),
    )
    if command is not None and not wants_help and not wants_version:
        _count_arguments(command, given.arguments)
    return Parsed(name, command, given, wants_help, wants_version)


def _split_at_argument(
    words: Sequence[str], options: Sequence[Option]
) -> tuple[list[str], list[str]]:
    """Split into the words before the first argument (or ``--``) and those from it on."""
    valued = {flag for option in options if option.takes_value for flag in _spelled(option)}
    position = 0
    while position < len(words):
        word = words[position]
        if word in {"--", "-"} or not word.startswith("-"):
            break
        position += 1
        if word.startswith("--"):
            takes_next = word in valued
        else:  # -p 3.12, -qp 3.12; in -p3.12 the value is in the word
            letters = word[1:]
            first = next((i for i, c in enumerate(letters) if f"-{c}" in valued), None)
            takes_next = first is not None and first == len(letters) - 1
        position += takes_next
    return list(words[:position]), list(words[position:])


def _spelled(option: Option) -> tuple[str, ...]:
    return (*option.flags, *option.aliases)


def _divide(
    before: list[str], rest: list[str], command: Command | None, options: Sequence[Option]
) -> tuple[list[str], list[str]]:
    """Find the words that argparse reads, and the arguments it must not touch."""
    if command is not None and command.passthrough:
        typed, arguments = _split_at_argument(rest, options)
        return before + typed, arguments[1:] if arguments[:1] == ["--"] else arguments
    if "--" in rest:
        cut = rest.index("--")
        return before + rest[:cut], rest[cut + 1 :]
    return before + rest, []


class _Store(argparse.Action):
    """Keeps each value with the spelling that gave it: ``dest`` -> (flag, value)."""

    option: Option

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        text: Any,
        flag: str | None = None,
    ) -> None:
        option, said = self.option, flag or self.option.name
        earlier = getattr(namespace, option.dest, (None, None))[1]
        value: Any
        if option.takes_value:
            if option.metavar == "TARGET" and not split_words(text):
                # Where a variable of a script is empty, the machine at hand is not what was meant.
                raise CommandLineError(f"`{said}` names no target")
            texts = split_words(text) if option.words else [text]
            values = [checked(option, text, said) for text in texts]
            value = values if option.many else checked(option, text, said)
        elif option.many:
            value = [option.const]
        elif option.counted:
            value = 1
        else:
            value = not option.const if flag == option.opposite else option.const
        if (option.many or option.counted) and earlier is not None:
            value = earlier + value
        setattr(namespace, option.dest, (said, value))


class _PlainFormatter(argparse.HelpFormatter):
    """argparse makes one for every option, and asks for the terminal's size each time."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


class _Parser(argparse.ArgumentParser):
    """argparse without its own printing and exiting."""

    def error(self, message: str) -> NoReturn:
        raise CommandLineError(message)


def _read(
    words: list[str], options: Sequence[Option], name: str
) -> tuple[dict[str, tuple[str | None, Any]], list[str]]:
    """Read the options among ``words``; the other words are arguments."""
    parser = _Parser(
        add_help=False,
        allow_abbrev=False,
        usage="",
        exit_on_error=False,
        formatter_class=_PlainFormatter,
    )
    taken = {flag for option in options for flag in _spelled(option)}
    typed = {word.split("=", 1)[0] for word in words}
    for option in options:
        flags = _spelled(option)
        if option.opposite is not None and option.opposite not in taken:
            flags = (*flags, option.opposite)
        # To declare one takes argparse 0.1 ms; letters may be joined (`-qv`) and are always taken.
        if typed.isdisjoint(flags) and all(flag.startswith("--") for flag in flags):
            continue
        action = parser.add_argument(
            *flags,
            action=_Store,
            dest=option.dest,
            nargs=None if option.takes_value else 0,
            default=argparse.SUPPRESS,
        )
        action.option = option  # type: ignore[attr-defined]
    try:
        namespace, others = parser.parse_known_args(words)
    except argparse.ArgumentError as error:
        raise _refusal(error, words, name) from None
    for word in others:
        if word.startswith("-") and word != "-":
            raise _unknown_option(word, taken, name)
    return vars(namespace), others


def _refusal(error: argparse.ArgumentError, words: Sequence[str], name: str) -> CommandLineError:
    """Say in our words what argparse says of one option."""
    flags = (error.argument_name or "").split("/")
    typed = next((w for w in words if w.split("=")[0] in flags), flags[-1]).split("=")[0]
    see = f"`{_program(name)} --help` lists the options"
    if error.message.startswith("expected"):
        return CommandLineError(f"`{typed}` needs a value", hints=[see])
    if error.message.startswith("ignored explicit argument"):
        return CommandLineError(f"`{typed}` takes no value", hints=[see])
    return CommandLineError(f"`{typed}`: {error.message}", hints=[see])


def _unknown_option(word: str, taken: set[str], name: str) -> CommandLineError:
    from wheelright.cli.suggest import nearest

    flag = word.split("=", 1)[0]
    near = nearest(flag, sorted(taken))
    program = _program(name)
    see = f"`{program} --help` lists the options"
    return CommandLineError(
        f"`{program}` has no option `{flag}`",
        hints=[f"did you mean `{near}`?" if near else see],
    )


def _program(name: str) -> str:
    return f"wheelright {name}".rstrip()


def _merged(
    typed: dict[str, tuple[str | None, Any]],
    environment: dict[str, tuple[str, Any]],
    options: Sequence[Option],
) -> dict[str, Any]:
    """Join the values: what was typed wins over the environment; contradictions are refused."""
    excluded = {(option.dest, other) for option in options for other in option.excludes}
    excluded |= {(other, dest) for dest, other in excluded}
    kept = {
        dest: given
        for dest, given in environment.items()
        if dest not in typed and not any((dest, other) in excluded for other in _on(typed))
    }
    merged = {**kept, **typed}
    on = _on(merged)
    for position, dest in enumerate(on):
        for other in on[position + 1 :]:
            if (dest, other) in excluded:
                raise CommandLineError(
                    f"`{merged[dest][0]}` and `{merged[other][0]}` exclude each other"
                )
    return {dest: value for dest, (_, value) in merged.items()}


def _on(values: Mapping[str, tuple[str | None, Any]]) -> list[str]:
    return [dest for dest, (_, value) in values.items() if value not in (False, None, 0, [])]


def _count_arguments(command: Command, given: tuple[str, ...]) -> None:
    program = _program(command.name)
    usage = command.arguments.usage if command.arguments is not None else ""
    least = command.arguments.least if command.arguments is not None else 0
    most = command.arguments.most if command.arguments is not None else 0
    hints = [f"usage: {program} [OPTIONS] {usage}".rstrip()]
    if len(given) < least:
        metavar = command.arguments.metavar if command.arguments is not None else ""
        raise CommandLineError(f"`{program}` needs a {metavar}", hints=hints)
    if most is not None and len(given) > most:
        raise CommandLineError(f"`{program}` does not take `{given[most]}`", hints=hints)
