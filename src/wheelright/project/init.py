"""The files of a new project, as texts: what ``wheelright init`` writes.

Must live here: the templates and the checking of a new project's name. Must not live here: writing
the files, Git, and the choice of a Python.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from wheelright.project.errors import ProjectFileError
from wheelright.project.names import is_valid_name, normal_name
from wheelright.project.toml_edit import literal

Layout = Literal["app", "package", "library", "bare"]

_GITIGNORE = """\
# Python
__pycache__/
*.py[oc]
build/
dist/
wheels/
*.egg-info

# Virtual environments
.venv
"""
_BUILD_SYSTEM = """
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"
"""


class NewProject(Struct, frozen=True):
    """What is asked for. ``python`` is the minor version (``3.12``) that the project starts from.

    ``app`` is a script to run, ``package`` an application with a command, in ``src``; ``library``
    is for others to import; ``bare`` is ``pyproject.toml`` alone.
    """

    name: str
    python: str
    layout: Layout = "app"
    version: str = "0.1.0"
    description: str = "Add your description here"
    readme: bool = True
    pin_python: bool = True


def project_name(directory_name: str) -> str:
    """Return the name of a project from that of its directory.

    Raise :class:`ProjectFileError` where nothing of it can be in a name.
    """
    name = re.sub(r"[^a-z0-9._-]+", "-", directory_name.lower()).strip("-._")
    if not name:
        raise ProjectFileError(
            f"No project name can be made from the directory name `{directory_name}`",
            hints=["Give one with `--name`"],
        )
    return name


def check_name(name: str) -> str:
    """Return a valid project name as it is; raise :class:`ProjectFileError` for another."""
    if is_valid_name(name):
        return name
    suggestion = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")
    hint = "Names hold letters, digits, `-`, `_` and `.`, with a letter or digit at each end"
    raise ProjectFileError(
        f"`{name}` is not a valid project name",
        hints=[hint + (f"; `{suggestion}` would do" if suggestion else "")],
    )


def module_name(name: str) -> str:
    """Return the name under which a project is imported."""
    module = normal_name(name).replace("-", "_")
    return f"_{module}" if module[:1].isdigit() else module


def project_files(new: NewProject) -> dict[str, str]:
    """Return the files of a new project: relative path with ``/`` to text."""
    check_name(new.name)
    files = {"pyproject.toml": _pyproject(new)}
    if new.layout == "bare":
        return files
    if new.readme:
        files["README.md"] = ""
    if new.pin_python:
        files[".python-version"] = f"{new.python}\n"
    files[".gitignore"] = _GITIGNORE
    return files | _sources(new)


def _pyproject(new: NewProject) -> str:
    lines = ["[project]", f"name = {literal(new.name)}", f"version = {literal(new.version)}"]
    if new.layout != "bare":
        lines.append(f"description = {literal(new.description)}")
        if new.readme:
            lines.append('readme = "README.md"')
    lines += [f"requires-python = {literal('>=' + new.python)}", "dependencies = []"]
    text = "\n".join(lines) + "\n"
    if new.layout == "package":
        text += f"\n[project.scripts]\n{_script_key(new.name)} = {literal(_main(new))}\n"
    if new.layout in {"package", "library"}:
        text += _BUILD_SYSTEM
        if new.name != normal_name(new.name) or module_name(new.name) != _guessed(new.name):
            text += (
                f'\n[tool.hatch.build.targets.wheel]\npackages = ["src/{module_name(new.name)}"]\n'
            )
    return text


def _guessed(name: str) -> str:
    """Return the module that the build backend looks for by itself."""
    return normal_name(name).replace("-", "_")


def _script_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else literal(name)


def _main(new: NewProject) -> str:
    return f"{module_name(new.name)}:main"


def _sources(new: NewProject) -> dict[str, str]:
    module = module_name(new.name)
    greeting = f"Hello from {new.name}!"
    match new.layout:
        case "package":
            return {
                f"src/{module}/__init__.py": (f'def main() -> None:\n    print("{greeting}")\n')
            }
        case "library":
            return {
                f"src/{module}/__init__.py": f'def hello() -> str:\n    return "{greeting}"\n',
                f"src/{module}/py.typed": "",
            }
        case _:
            body = f'def main() -> None:\n    print("{greeting}")\n'
            return {"main.py": f'{body}\n\nif __name__ == "__main__":\n    main()\n'}
