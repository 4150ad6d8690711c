"""Help pages, whole."""

from __future__ import annotations

import pytest

from wheelright.cli.errors import CommandLineError
from wheelright.cli.help import page
from wheelright.cli.registry import GROUPS, Registry
from wheelright.console import Style

GLOBAL = """\
Global:
      --project DIR           Work on the project in this directory
      --directory DIR         Change to this directory first
      --config-file FILE      Read the user's settings from this file
      --no-config             Read no settings of the user
  -p, --python PYTHON         Use this interpreter: a version, a range, a name
                              or a path
      --offline               Use what is in the cache, never the network
      --cache-dir DIR         Keep the cache in this directory
  -n, --no-cache              Use a cache of its own for this command, removed
                              at its end
  -q, --quiet                 Say less: only warnings and errors; twice: only
                              errors
  -v, --verbose               Say more: every reason, every detail of an error,
                              steps of the work
      --color WHEN            Use colours: auto, always, never
      --no-progress           Show no progress while working
  -h, --help                  Show this page
  -V, --version               Show the version
"""

PROGRAM = f"""\
A Python package and environment manager that gives every machine the right wheel

Usage: wheelright [OPTIONS] COMMAND

Commands:
  init        Make a new project
  add         Add dependencies to the project
  remove      Remove dependencies from the project
  lock        Choose the versions and files that serve the project
  sync        Make the venv hold what the lock says
  run         Run a command in the project's venv
  status      Show what the venv is for, and what is out of date
  tree        Show what depends on what
  export      Write the lock in another format
  check       Prove that the lock serves every target
  floor       Show the oldest machines that the lock really serves
  explain     Tell why a package has the version and file it has
  matrix      Show packages by targets: what each machine gets
  build       Build an sdist and wheels, proved by their binaries
  venv        Make a venv
  target      Know and declare the machines that a project serves
  pip         Install and pin packages without a project
  python      Find Python interpreters
  cache       Look at the cache and clean it
  help        Show how a command is used

{GLOBAL}
`wheelright help COMMAND` tells more of a command."""

CACHE = f"""\
Look at the cache and clean it

Usage: wheelright cache [OPTIONS] COMMAND

Commands:
  dir         Show where the cache is
  size        Show how large the cache is
  clean       Empty the cache, or remove some packages from it
  prune       Remove what nothing uses any more

{GLOBAL}
`wheelright help cache COMMAND` tells more of a command."""

PYTHON_LIST = f"""\
Show the Python interpreters found

Lists the interpreters that can be used; `*` marks the one that would be.

Usage: wheelright python list [OPTIONS] [PYTHON]

Arguments:
  PYTHON                      A version, a range, a name or a path

Options:
      --all-versions          Show every patch release found, not only the
                              newest of each version
      --no-project            Ignore what the project around asks of its Python
      --output-format FORMAT  Answer in text for people, or as one JSON document
                              on stdout: text, json

{GLOBAL}
Every option can be given by an environment variable too: WHEELRIGHT_ and its
long name, as in WHEELRIGHT_NO_CACHE=1."""


@pytest.mark.parametrize(
    ("name", "text"), [("", PROGRAM), ("cache", CACHE), ("python list", PYTHON_LIST)]
)
def test_page(name: str, text: str) -> None:
    assert page(name, Registry(), width=80) == text


def test_colours() -> None:
    lines = page("cache size", Registry(), Style(enabled=True), width=80).split("\n")
    assert lines[4] == "\x1b[1mUsage:\x1b[0m wheelright cache size [OPTIONS]"
    assert lines[7] == (
        "  \x1b[36m-H\x1b[0m, \x1b[36m--human\x1b[0m                 "
        "Print the size for people, as in `54.0 MiB`"
    )


def test_scoped_variables_are_told() -> None:
    text = page("add", Registry(), width=80)
    assert "name, as in WHEELRIGHT_NO_CACHE=1. Some name the command too:" in text
    assert "WHEELRIGHT_ADD_DEV" in text


def test_unknown() -> None:
    with pytest.raises(CommandLineError) as caught:
        page("python lits", Registry())
    assert caught.value.message == "there is no command `wheelright python lits`"
    assert caught.value.hints == ("did you mean `wheelright python list`?",)


@pytest.mark.parametrize("name", ["", *GROUPS, *(entry.name for entry in Registry().entries)])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for line in page(name, Registry(), width=width).split("\n"):
        assert len(line) <= max(width, 82), line


def test_names_and_summaries_are_those_of_the_commands() -> None:
    for entry in Registry().entries:
        command = entry.load()
        assert (command.name, command.summary) == (entry.name, entry.summary)
