"""The names of all commands, without importing any: help and start-up stay fast."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wheelright.cli.errors import CommandLineError

if TYPE_CHECKING:
    from wheelright.cli.option import Command


class Entry:
    """A command by name: the module below ``commands`` and the name it has there."""

    __slots__ = ("attribute", "module", "name", "summary")

    def __init__(self, name: str, module: str, attribute: str, summary: str) -> None:
        self.name = name
        self.module = module
        self.attribute = attribute
        self.summary = summary

    def load(self) -> Command:
        """Import the command."""
        module = import_module(f"wheelright.cli.commands.{self.module}")
        command: Command = getattr(module, self.attribute)
        return command


ENTRIES = (
    Entry("init", "init", "INIT", "Make a new project"),
    Entry("add", "edit", "ADD", "Add dependencies to the project"),
    Entry("remove", "edit", "REMOVE", "Remove dependencies from the project"),
    Entry("lock", "lock", "LOCK", "Choose the versions and files that serve the project"),
    Entry("sync", "sync", "SYNC", "Make the venv hold what the lock says"),
    Entry("run", "run", "RUN", "Run a command in the project's venv"),
    Entry("status", "status", "STATUS", "Show what the venv is for, and what is out of date"),
    Entry("tree", "tree", "TREE", "Show what depends on what"),
    Entry("export", "export", "EXPORT", "Write the lock in another format"),
    Entry("check", "check", "CHECK", "Prove that the lock serves every target"),
    Entry("floor", "floor", "FLOOR", "Show the oldest machines that the lock really serves"),
    Entry("explain", "explain", "EXPLAIN", "Tell why a package has the version and file it has"),
    Entry("matrix", "matrix", "MATRIX", "Show packages by targets: what each machine gets"),
    Entry("build", "build", "BUILD", "Build an sdist and wheels, proved by their binaries"),
    Entry("venv", "venv", "VENV", "Make a venv"),
    Entry("target list", "target", "LIST", "List declared targets and well-known platforms"),
    Entry("target show", "target", "SHOW", "Show the platform, tags and values of a target"),
    Entry("target describe", "target", "DESCRIBE", "Describe this machine as a target file"),
    Entry("target add", "target", "ADD", "Declare a target in the project"),
    Entry("pip install", "pip", "INSTALL", "Install packages into an environment"),
    Entry("pip sync", "pip", "SYNC", "Make an environment hold what files say, and nothing else"),
    Entry("pip compile", "pip", "COMPILE", "Pin requirements, and all that they require"),
    Entry("pip list", "pip_list", "LIST", "List what is installed"),
    Entry("pip freeze", "pip_list", "FREEZE", "List what is installed as requirements"),
    Entry("pip show", "pip_list", "SHOW", "Tell more of installed packages"),
    Entry("pip tree", "pip_list", "TREE", "Show what depends on what in an environment"),
    Entry("pip check", "pip_list", "CHECK", "Look whether what is installed fits together"),
    Entry("pip uninstall", "pip_list", "UNINSTALL", "Remove packages from an environment"),
    Entry("python list", "python", "LIST", "Show the Python interpreters found"),
    Entry("python find", "python", "FIND", "Show the interpreter that would be used"),
    Entry("cache dir", "cache", "DIR", "Show where the cache is"),
    Entry("cache size", "cache", "SIZE", "Show how large the cache is"),
    Entry("cache clean", "cache", "CLEAN", "Empty the cache, or remove some packages from it"),
    Entry("cache prune", "cache", "PRUNE", "Remove what nothing uses any more"),
    Entry("help", "help", "HELP", "Show how a command is used"),
)

GROUPS = {
    "pip": "Install and pin packages without a project",
    "python": "Find Python interpreters",
    "target": "Know and declare the machines that a project serves",
    "cache": "Look at the cache and clean it",
}


class Registry:
    """Finds commands by name. ``groups`` maps the first word of two-word names to a summary."""

    def __init__(
        self, entries: tuple[Entry, ...] = ENTRIES, groups: dict[str, str] | None = None
    ) -> None:
        self.entries = entries
        self.groups = GROUPS if groups is None else groups

    def entry(self, name: str) -> Entry | None:
        """Find the command called ``name`` ("lock", "python list")."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def members(self, group: str) -> tuple[Entry, ...]:
        """List the commands of a group, as in ``python list`` and ``python find``."""
        return tuple(entry for entry in self.entries if entry.name.startswith(f"{group} "))

    def first_words(self) -> list[str]:
        """List every first word: commands and groups, in order, once."""
        return list(dict.fromkeys(entry.name.split()[0] for entry in self.entries))

    def insist(self, name: str) -> None:
        """Refuse a name that is neither a command nor a group, with the nearest that is.

        Raises :class:`CommandLineError`. The program's own page has the name ``""``.
        """
        if not name or name in self.groups or self.entry(name) is not None:
            return
        from wheelright.cli.suggest import nearest, nearest_command

        group, _, word = name.partition(" ")
        if group in self.groups:
            near = nearest(word, [entry.name.split()[1] for entry in self.members(group)])
            near = f"{group} {near}" if near else None
            see = f"`wheelright help {group}` lists its commands"
        else:
            near = nearest_command(group, self.first_words())
            see = "`wheelright help` lists the commands"
        raise CommandLineError(
            f"there is no command `wheelright {name}`",
            hints=[f"did you mean `wheelright {near}`?" if near else see],
        )

    def summary(self, word: str) -> str:
        """Tell what a command or group is for, in a few words."""
        entry = self.entry(word)
        return entry.summary if entry is not None else self.groups[word]
