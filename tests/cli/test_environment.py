"""Options given by environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wheelright.cli.errors import CommandLineError
from wheelright.cli.everywhere import GLOBAL_OPTIONS, beside
from wheelright.cli.parsing import parse
from wheelright.cli.registry import Registry
from wheelright.workflows.options import IndexOptions, Selection, SyncOptions

if TYPE_CHECKING:
    from wheelright.cli.option import Option


def read(line: str, **variables: str) -> Any:
    environ = {f"WHEELRIGHT_{name}": value for name, value in variables.items()}
    parsed = parse(line.split(), environ, Registry())
    assert parsed.command is not None
    return parsed.command.read(parsed.given)


@pytest.mark.parametrize("text", ["1", "true", "Yes", "on", " TRUE "])
def test_switch_on(text: str) -> None:
    assert read("sync", FROZEN=text) == SyncOptions(frozen=True)


@pytest.mark.parametrize("text", ["0", "false", "No", "off", "", " "])
def test_switch_off(text: str) -> None:
    assert read("sync", FROZEN=text) == SyncOptions()


def test_values() -> None:
    assert read("sync", PYTHON_PLATFORM="linux", LINK_MODE="copy") == SyncOptions(
        python_platform="linux", link_mode="copy"
    )


def test_lists_of_names_are_parted_at_commas_and_blanks() -> None:
    assert read("sync", EXTRA="a,b  c", NO_GROUP="x", NO_DEV="1") == SyncOptions(
        selection=Selection(extras=("a", "b", "c"), no_groups=("x", "dev"))
    )


def test_lists_of_urls_are_parted_at_blanks_only() -> None:
    assert read("sync", INDEX="https://a.test/x,y b=https://b.test") == SyncOptions(
        index=IndexOptions(index=("https://a.test/x,y", "b=https://b.test"))
    )


def test_the_command_line_wins() -> None:
    assert read("sync --extra z", EXTRA="a b") == SyncOptions(selection=Selection(extras=("z",)))
    assert read("sync --link-mode copy", LINK_MODE="clone") == SyncOptions(link_mode="copy")
    assert read("sync --no-frozen", FROZEN="1") == SyncOptions()
    assert read("sync --exact", INEXACT="1") == SyncOptions()


def test_the_command_line_wins_over_a_variable_that_contradicts_it() -> None:
    assert read("sync --locked", FROZEN="1") == SyncOptions(locked=True)


def test_counted() -> None:
    parsed = parse(["lock"], {"WHEELRIGHT_VERBOSE": "2"}, Registry())
    assert parsed.given.count("verbose") == 2
    parsed = parse(["lock"], {"WHEELRIGHT_QUIET": "true"}, Registry())
    assert parsed.given.count("quiet") == 1


def test_what_means_something_else_elsewhere_names_its_command() -> None:
    assert read("add a", DEV="1", GROUP="g", EXTRA="e").group is None
    assert read("add a", ADD_GROUP="docs").group == "docs"
    assert read("remove a", REMOVE_DEV="1").group == "dev"
    assert read("init", INIT_LIB="1").library is True


@pytest.mark.parametrize(
    ("variable", "text", "message", "hints"),
    [
        (
            "FROZEN",
            "maybe",
            "`WHEELRIGHT_FROZEN` must be 1, 0, true or false, not `maybe`",
            ("it stands for the option `--frozen`",),
        ),
        (
            "LINK_MODE",
            "hardlinks",
            (
                "`WHEELRIGHT_LINK_MODE` must be one of `clone`, `hardlink`, `copy`, `symlink`,"
                " not `hardlinks`"
            ),
            ("did you mean `hardlink`?",),
        ),
    ],
)
def test_bad_values(variable: str, text: str, message: str, hints: tuple[str, ...]) -> None:
    with pytest.raises(CommandLineError) as caught:
        read("sync", **{variable: text})
    assert (caught.value.message, caught.value.hints) == (message, hints)


def test_contradicting_variables() -> None:
    with pytest.raises(CommandLineError) as caught:
        read("sync", FROZEN="1", LOCKED="1")
    assert caught.value.message == (
        "`WHEELRIGHT_LOCKED` and `WHEELRIGHT_FROZEN` exclude each other"
    )


def test_a_variable_reads_alike_for_every_command() -> None:
    """One variable never means a switch here and a value there."""
    shapes: dict[str, tuple[bool, bool, bool, tuple[str, ...]]] = {}
    for entry in Registry().entries:
        command = entry.load()
        for option in (*command.options, *GLOBAL_OPTIONS):
            shape = (option.takes_value, option.many, option.words, option.choices)
            if option.in_environment:
                assert shapes.setdefault(option.variable, shape) == shape, (entry.name, option)


def _all_options() -> dict[str, tuple[Option, ...]]:
    commands = {entry.name: entry.load().options for entry in Registry().entries}
    return {name: (*options, *beside(options)) for name, options in commands.items()}


def test_no_command_has_one_spelling_for_two_options() -> None:
    for name, options in _all_options().items():
        spellings = [flag for option in options for flag in (*option.flags, *option.aliases)]
        assert len(spellings) == len(set(spellings)), name


def test_every_option_that_excludes_names_options_that_exist() -> None:
    known = {option.dest for options in _all_options().values() for option in options}
    for options in _all_options().values():
        for option in options:
            assert set(option.excludes) <= known
