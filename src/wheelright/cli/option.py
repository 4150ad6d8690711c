"""Options and commands as data: one table that everything about the command line is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.cli.given import Given
    from wheelright.console.screen import Screen

# The headings of the help pages, in this order.
OWN = "Options"
SELECTION = "Extras and groups"
INSTALLER = "Installing"
INDEX = "Index"
RESOLVER = "Resolver"
BUILD = "Build"
GLOBAL = "Global"
HEADINGS = (OWN, SELECTION, INSTALLER, INDEX, RESOLVER, BUILD, GLOBAL)


class Option:
    """One option of the command line.

    ``flags`` are the spellings shown, the short one first; ``aliases`` work and are not shown.
    ``dest`` names the value; several options may share one. Without ``metavar`` it is a switch
    that stores ``const``; with one it takes a value: text, one of ``choices``, or a ``number``.
    ``many`` collects values; ``words`` says that one text may hold several, parted by commas or
    blanks (names); without it the environment variable is parted at blanks only (URLs, paths,
    requirements). ``counted`` counts how often a switch is given. ``excludes`` names the ``dest``
    of options that contradict it. ``scope`` is the command, for an option whose name means
    something else elsewhere: its variable is ``WHEELRIGHT_ADD_GROUP``.
    """

    __slots__ = (
        "aliases",
        "choices",
        "const",
        "counted",
        "dest",
        "excludes",
        "flags",
        "heading",
        "help",
        "in_environment",
        "many",
        "metavar",
        "number",
        "scope",
        "words",
    )

    def __init__(
        self,
        *,
        flags: tuple[str, ...],
        dest: str,
        help: str,  # noqa: A002 - as the page is called
        heading: str = OWN,
        metavar: str | None = None,
        choices: tuple[str, ...] = (),
        number: bool = False,
        many: bool = False,
        words: bool = False,
        counted: bool = False,
        const: object = True,
        aliases: tuple[str, ...] = (),
        excludes: tuple[str, ...] = (),
        in_environment: bool = True,
        scope: str = "",
    ) -> None:
        self.flags = flags
        self.dest = dest
        self.help = help
        self.heading = heading
        self.metavar = metavar
        self.choices = choices
        self.number = number
        self.many = many
        self.words = words
        self.counted = counted
        self.const = const
        self.aliases = aliases
        self.excludes = excludes
        self.in_environment = in_environment
        self.scope = scope

    @property
    def name(self) -> str:
        """The long spelling, as in ``--no-cache``."""
        return next(flag for flag in self.flags if flag.startswith("--"))

    @property
    def variable(self) -> str:
        """The environment variable that gives the option: ``WHEELRIGHT_NO_CACHE``."""
        words = [self.scope, self.name[2:]] if self.scope else [self.name[2:]]
        return "_".join(["WHEELRIGHT", *words]).replace("-", "_").upper()

    @property
    def takes_value(self) -> bool:
        """Whether a value follows."""
        return self.metavar is not None

    @property
    def opposite(self) -> str | None:
        """The spelling that takes a plain switch back: ``--no-frozen``, ``--cache``."""
        if self.takes_value or self.many or self.counted or self.const is not True:
            return None
        if not self.in_environment:  # nothing that could have given it before
            return None
        name = self.name[2:]
        return "--" + name.removeprefix("no-") if name.startswith("no-") else "--no-" + name


class Arguments:
    """What may follow the options: ``PATH`` from ``least`` to ``most`` times (``None``: any)."""

    __slots__ = ("help", "least", "metavar", "most")

    def __init__(
        self,
        metavar: str,
        help: str,  # noqa: A002 - as in `Option`
        least: int = 0,
        most: int | None = None,
    ) -> None:
        self.metavar = metavar
        self.help = help
        self.least = least
        self.most = most

    @property
    def usage(self) -> str:
        """As in a usage line: ``[PATH]``, ``PACKAGE...``, ``[REQUIREMENT]...``."""
        word = self.metavar if self.least else f"[{self.metavar}]"
        return word if self.most == 1 else f"{word}..."


class Command:
    """One command: how it is described, read, done and shown.

    ``read`` makes the options dataclass of ``workflows.options``; ``work`` takes the context and
    these options and calls the workflow; ``render`` prints the outcome and answers the exit code.
    ``examples`` pair what somebody wants with the line that does it.
    ``passthrough`` ends the options at the first argument (``run``); without ``needs_context``
    the work gets ``None`` for a context.
    """

    __slots__ = (
        "arguments",
        "description",
        "examples",
        "name",
        "needs_context",
        "options",
        "passthrough",
        "read",
        "render",
        "summary",
        "work",
    )

    def __init__(
        self,
        *,
        name: str,
        summary: str,
        description: str = "",
        examples: tuple[tuple[str, str], ...] = (),
        options: tuple[Option, ...] = (),
        arguments: Arguments | None = None,
        passthrough: bool = False,
        needs_context: bool = True,
        read: Callable[[Given], Any],
        work: Callable[[Any, Any], Any],
        render: Callable[[Any, Given, Screen], int],
    ) -> None:
        self.name = name
        self.summary = summary
        self.description = description
        self.examples = examples
        self.options = options
        self.arguments = arguments
        self.passthrough = passthrough
        self.needs_context = needs_context
        self.read = read
        self.work = work
        self.render = render
