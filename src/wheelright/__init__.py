"""Wheelright: a Python package and environment manager that gives every machine the right wheel.

Must live here: the version, and nothing that costs time to import: ``start`` runs before all else.
Folders are capabilities; imports point down only, in the order that the import contracts
in ``pyproject.toml`` state: cli, console, workflows, the capabilities (project, resolver,
lockfile, index, builder, venv, interpreters), store, targets, outside, errors.
"""

__version__ = "0.1.0"
