"""From words to values: finds the command, reads its options, adds the environment.

Options may stand before and after the command and its arguments, their values in the same word
(``--python=3.12``, ``-p3.12``) or in the next; letters of switches may be joined (``-qn``). What
follows ``--`` is no option, and ``run`` leaves alone what follows its first argument.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wheelright.cli.environment import checked, from_environment, split_words
from wheelright.cli.errors import CommandLineError
from wheelright.cli.everywhere import GLOBAL_OPTIONS, beside
from wheelright.cli.given import Given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.cli.option import Command, Option
    from wheelright.cli.registry import Registry


class Parsed:
    """A command line as read.

    ``name`` is what was named ("lock", "python", ""); ``command`` is ``None`` where that is no
    command yet. ``help`` and ``version`` say that these are wanted instead of the work.
    """

    __slots__ = ("command", "given", "help", "name", "version")

    def __init__(
        self,
        name: str,
        command: Command | None,
        given: Given,
        help: bool = False,  # noqa: A002 - as the option is called
        version: bool = False,
    ) -> None:
        self.name = name
        self.command = command
        self.given = given
        self.help = help
        self.version = version


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
    """Find the words among which options are read, and the arguments that are left alone."""
    if command is not None and command.passthrough:
        typed, arguments = _split_at_argument(rest, options)
        return before + typed, arguments[1:] if arguments[:1] == ["--"] else arguments
    if "--" in rest:
        cut = rest.index("--")
        return before + rest[:cut], rest[cut + 1 :]
    return before + rest, []


def _read(
    words: list[str], options: Sequence[Option], name: str
) -> tuple[dict[str, tuple[str | None, Any]], list[str]]:
    """Read the options among ``words``; the other words are arguments.

    Each value stands with the spelling that gave it: ``dest`` -> (flag, value).
    """
    spellings = _spellings(options)
    values: dict[str, tuple[str | None, Any]] = {}
    others: list[str] = []
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        flag, text = _parted(word, spellings)
        if flag is None:
            others.append(word)
        while flag is not None:
            option = spellings[flag]
            if option.takes_value and text is None:
                if not waiting or _looks_like_an_option(waiting[-1], spellings):
                    raise _refusal(flag, spellings, words, name, "needs a value")
                text = waiting.pop()
            following = None if option.takes_value else _joined(flag, text, spellings)
            if following is None and text is not None and not option.takes_value:
                raise _refusal(flag, spellings, words, name, "takes no value")
            values[option.dest] = _stored(option, flag, text, values.get(option.dest))
            flag, text = following or (None, None)
    for word in others:
        if word.startswith("-") and word != "-":
            raise _unknown_option(word, {flag for one in options for flag in _spelled(one)}, name)
    return values, others


def _spellings(options: Sequence[Option]) -> dict[str, Option]:
    """Map each spelling to its option; what takes a switch back yields to an option's own name."""
    own = {flag: option for option in options for flag in _spelled(option)}
    back = {option.opposite: option for option in options if option.opposite is not None}
    return {**back, **own}


def _parted(word: str, spellings: Mapping[str, Option]) -> tuple[str | None, str | None]:
    """Split a word into an option and what is joined to it; (None, None) where it is none."""
    if word in spellings:
        return word, None
    if word[:1] != "-":
        return None, None
    flag, equals, text = word.partition("=")
    if equals and flag in spellings:
        return flag, text
    if word[:2] in spellings:
        return word[:2], word[2:]
    return None, None


def _joined(
    flag: str, text: str | None, spellings: Mapping[str, Option]
) -> tuple[str, str | None] | None:
    """Split the letters after that of a switch once more; ``None`` where they are no options."""
    if not text or flag.startswith("--") or f"-{text[0]}" not in spellings:
        return None
    return f"-{text[0]}", text[1:] or None


def _looks_like_an_option(word: str, spellings: Mapping[str, Option]) -> bool:
    """Whether a word cannot be the value of the option before it: a value may be ``-1``."""
    if _parted(word, spellings)[0] is not None:
        return True
    if word[:1] != "-" or word == "-" or " " in word:
        return False
    return re.fullmatch(r"-\d+|-\d*\.\d+", word) is None


def _stored(
    option: Option, flag: str, text: str | None, known: tuple[str | None, Any] | None
) -> tuple[str, Any]:
    earlier = None if known is None else known[1]
    value: Any
    if text is not None and option.takes_value:
        if option.metavar == "TARGET" and not split_words(text):
            # Where a variable of a script is empty, the machine at hand is not what was meant.
            raise CommandLineError(f"`{flag}` names no target")
        texts = split_words(text) if option.words else [text]
        values = [checked(option, text, flag) for text in texts]
        value = values if option.many else checked(option, text, flag)
    elif option.many:
        value = [option.const]
    elif option.counted:
        value = 1
    else:
        value = not option.const if flag == option.opposite else option.const
    if (option.many or option.counted) and earlier is not None:
        value = earlier + value
    return flag, value


def _refusal(
    flag: str, spellings: Mapping[str, Option], words: Sequence[str], name: str, what: str
) -> CommandLineError:
    option = spellings[flag]
    flags = [
        one for one in (*_spelled(option), option.opposite) if one and spellings.get(one) is option
    ]
    typed = next((one for one in (word.split("=")[0] for word in words) if one in flags), flags[-1])
    see = f"`{_program(name)} --help` lists the options"
    return CommandLineError(f"`{typed}` {what}", hints=[see])


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
