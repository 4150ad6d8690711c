"""Wheelright: a Python package and environment manager that gives every machine the right wheel.

Must live here: the version, how folders load their names when asked for them, and nothing that
costs time to import: ``start`` runs before all else.
Folders are capabilities; imports point down only, in the order that the import contracts
in ``pyproject.toml`` state: cli, console, workflows, the capabilities (project, resolver,
lockfile, index, builder, venv, interpreters), store, targets, outside, errors.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def loading(module: str, places: "Mapping[str, str]") -> "Callable[[str], object]":
    """Return a module's ``__getattr__`` that loads names from below it once asked for (PEP 562).

    ``places`` says for each name which submodule has it. Stands here, in what is loaded anyway,
    since a module of its own would be one more for every command to find.
    """

    def load(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module `{module}` has no `{name}`")
        import sys
        from importlib import import_module

        found = getattr(import_module(f"{module}.{places[name]}"), name)
        setattr(sys.modules[module], name, found)
        return found

    return load
