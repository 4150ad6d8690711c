"""Reading ``pyproject.toml`` into a :class:`~wheelright.project.model.Project`, strictly.

The rules: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (PEP 621 and its
successors), PEP 517/518 for ``[build-system]``, PEP 735 for ``[dependency-groups]``.
All faults of one file are reported together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wheelright.project.document import Document, Faults, Place, read_document, read_toml
from wheelright.project.errors import BadValue, ProjectNotFoundError
from wheelright.project.groups import read_groups
from wheelright.project.model import BuildSystem, Project
from wheelright.project.names import hint_for_name, is_valid_name, normal_name
from wheelright.project.requirement import Requirement, parse_requirement
from wheelright.project.settings_read import project_settings
from wheelright.project.values import (
    SPECIFIER,
    STRING,
    STRINGS,
    VERSION,
    Kind,
    either,
    list_of,
    record,
    table_of,
    type_name,
    wrong_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelright.project.settings import Settings
    from wheelright.targets.specifiers import SpecifierSet

FILE_NAME: Final = "pyproject.toml"

_STRING_TABLE: Final = table_of(STRING, "a table of strings")
_PERSON: Final[Kind[dict[str, str]]] = record(
    dict, {"name": STRING, "email": STRING}, 'a table such as `{ name = "NAME" }`'
)
_README: Final[Kind[dict[str, str]]] = record(
    dict,
    {"file": STRING, "text": STRING, "content-type": STRING, "charset": STRING},
    "a table with `file` or `text`",
)
_LICENSE: Final[Kind[dict[str, str]]] = record(
    dict, {"file": STRING, "text": STRING}, "a table with `file` or `text`"
)


def _parse_project_name(value: Any) -> str:
    if not is_valid_name(STRING.parse(value)):
        suggestion = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
        raise BadValue(
            f"is not a valid project name: `{value}`",
            hint="Names hold letters, digits, `-`, `_` and `.`, with a letter or digit at each end"
            + (f"; `{suggestion}` would do" if suggestion else ""),
        )
    return str(value)


_FIELDS: Final[dict[str, Kind[Any]]] = {
    "name": Kind("a string", _parse_project_name),
    "version": VERSION,
    "description": STRING,
    "readme": either(STRING, _README, "a string or a table", str),
    "requires-python": SPECIFIER,
    "license": either(STRING, _LICENSE, "a string or a table", str),
    "license-files": STRINGS,
    "authors": list_of(_PERSON, "a list of tables"),
    "maintainers": list_of(_PERSON, "a list of tables"),
    "keywords": STRINGS,
    "classifiers": STRINGS,
    "urls": _STRING_TABLE,
    "scripts": _STRING_TABLE,
    "gui-scripts": _STRING_TABLE,
    "entry-points": table_of(_STRING_TABLE, "a table of tables of strings"),
    "dynamic": STRINGS,
    "import-names": STRINGS,
    "import-namespaces": STRINGS,
}
_LISTS: Final = ("dependencies", "optional-dependencies")
_KNOWN: Final = (*_FIELDS, *_LISTS)


def find_project(start: Path) -> Path | None:
    """Return the nearest directory at or above ``start`` whose ``pyproject.toml`` states a project.

    A file counts that has ``[project]``, ``[tool.wheelright]`` or ``[tool.uv]``; so does one that
    is broken TOML, for :func:`load_project` to say why.
    """
    directory = start.absolute()
    for one in (directory, *directory.parents):
        path = one / FILE_NAME
        if path.is_file() and _states_project(path):
            return one
    return None


def require_project(start: Path) -> Path:
    """As :func:`find_project`; raise :class:`ProjectNotFoundError` that says where was looked."""
    found = find_project(start)
    if found is not None:
        return found
    directory = start.absolute()
    skipped = [one for one in (directory, *directory.parents) if (one / FILE_NAME).is_file()]
    raise ProjectNotFoundError(
        "No project was found: no `pyproject.toml` with a `[project]` table here or in any "
        "directory above",
        where=str(directory),
        details=[f"`{one / FILE_NAME}` has no `[project]` table" for one in skipped],
        hints=["Run `wheelright init` to make a project here"],
    )


def _states_project(path: Path) -> bool:
    import tomllib

    try:
        data = read_toml(path.read_bytes().decode("utf-8").removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return True
    tool = data.get("tool")
    return "project" in data or (isinstance(tool, dict) and ("wheelright" in tool or "uv" in tool))


def load_project(directory: Path) -> Project:
    """Read the project in a directory.

    Raise :class:`ProjectNotFoundError` where there is no ``pyproject.toml``, and
    :class:`~wheelright.project.errors.ProjectFileError` with all its faults.
    """
    root = directory.absolute()
    path = root / FILE_NAME
    if not path.is_file():
        raise ProjectNotFoundError(
            "There is no `pyproject.toml`",
            where=str(root),
            hints=["Run `wheelright init` to make a project here"],
        )
    return project_from_document(read_document(path))


def project_from_text(path: Path, text: str) -> Project:
    """As :func:`load_project`, for a text that is (to be) the file's."""
    return project_from_document(read_document(path, text=text))


def project_from_document(document: Document) -> Project:
    """Check and type what a parsed ``pyproject.toml`` says."""
    faults = Faults(document)
    settings = project_settings(document, faults)
    table = document.data.get("project")
    named = isinstance(table, dict)
    if table is not None and not named:
        faults.add(wrong_type("a table", table), "project")
        table = None
    table = table or {}
    fields = _read_fields(table, faults, named=named)
    groups = read_groups(document, faults, settings.dev_dependencies)
    build_system = _read_build_system(document, faults)
    extras = _read_extras(document, table, faults)
    dependencies = _read_list(
        document, ("project", "dependencies"), table.get("dependencies", []), faults
    )
    group_pythons = _group_pythons(settings, groups, faults)
    default_groups = _default_groups(settings, groups, faults)
    faults.raise_if_any()
    root = document.path.parent
    display_name = fields.get("name") or _name_of_directory(root)
    is_package = build_system is not None if settings.package is None else settings.package
    return Project(
        root=root,
        name=normal_name(display_name),
        display_name=display_name,
        version=fields.get("version"),
        requires_python=fields.get("requires-python"),
        dependencies=dependencies,
        optional_dependencies=extras,
        groups=groups,
        group_requires_python=group_pythons,
        default_groups=default_groups,
        dynamic=frozenset(fields.get("dynamic", ())),
        build_system=build_system,
        is_package=is_package and named,
        has_scripts=any(table.get(key) for key in ("scripts", "gui-scripts", "entry-points")),
        named=named,
        document=document,
        description=fields.get("description"),
    )


def _name_of_directory(root: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", root.name).strip("-._")
    return name or "project"


def _read_fields(table: dict[str, Any], faults: Faults, *, named: bool) -> dict[str, Any]:
    """Return the fields of ``[project]`` apart from its requirements."""
    fields: dict[str, Any] = {}
    for key, value in table.items():
        if key in _LISTS:
            continue
        if key not in _FIELDS:
            hint = hint_for_name(key, _KNOWN)
            bad = BadValue("is not a known key", [key], hint=hint, at_key=True)
            faults.add(bad, "project")
            continue
        try:
            fields[key] = _FIELDS[key].parse(value)
        except BadValue as bad:
            faults.add(bad, "project", key)
    if named:
        _check_required(table, fields, faults)
    return fields


def _check_required(table: dict[str, Any], fields: dict[str, Any], faults: Faults) -> None:
    """``name`` and ``version`` must be there, and nothing both be given and be dynamic."""
    if "name" not in table:
        faults.add(BadValue("needs a `name`", at_key=True), "project")
    dynamic = fields.get("dynamic", ())
    if "version" not in table and "version" not in dynamic:
        faults.add(
            BadValue(
                "needs a `version`",
                hint='Write `version = "0.1.0"`, or `dynamic = ["version"]` where the build '
                "backend knows it",
                at_key=True,
            ),
            "project",
        )
    for index, key in enumerate(dynamic):
        keys = ("project", "dynamic", index)
        if key == "name":
            faults.add(BadValue("cannot be `name`, which is always static"), *keys)
        elif key not in _KNOWN or key == "dynamic":
            hint = hint_for_name(key, _KNOWN)
            faults.add(BadValue(f"is not a field of `[project]`: `{key}`", hint=hint), *keys)
        elif key in table:
            faults.add(BadValue(f"names `{key}`, which is also given"), *keys)


def _read_list(
    document: Document, keys: tuple[str, ...], value: Any, faults: Faults
) -> tuple[Requirement, ...]:
    """Return a list of requirements; each bad element is a fault of its own."""
    if not isinstance(value, list):
        faults.add(wrong_type("a list of requirements", value), *keys)
        return ()
    found = []
    for index, text in enumerate(value):
        place = Place(document, (*keys, index))
        if not isinstance(text, str):
            faults.add(wrong_type("a requirement in a string", text), *place.keys)
            continue
        try:
            found.append(parse_requirement(text, place))
        except BadValue as bad:
            faults.add(bad, *place.keys)
    return tuple(found)


def _read_extras(
    document: Document, table: dict[str, Any], faults: Faults
) -> dict[str, tuple[Requirement, ...]]:
    keys = ("project", "optional-dependencies")
    raw = table.get("optional-dependencies", {})
    if not isinstance(raw, dict):
        faults.add(BadValue(f"must be a table of lists, not {type_name(raw)}"), *keys)
        return {}
    extras: dict[str, tuple[Requirement, ...]] = {}
    for name, value in raw.items():
        requirements = _read_list(document, (*keys, name), value, faults)
        if not is_valid_name(name):
            faults.add(BadValue("is not a valid name of an extra", at_key=True), *keys, name)
        elif normal_name(name) in extras:
            faults.add(
                BadValue(f"is the same extra as `{normal_name(name)}`", at_key=True), *keys, name
            )
        else:
            extras[normal_name(name)] = requirements
    return extras


def _read_build_system(document: Document, faults: Faults) -> BuildSystem | None:
    table = document.data.get("build-system")
    if table is None:
        return None
    where = ("build-system",)
    if not isinstance(table, dict):
        faults.add(wrong_type("a table", table), *where)
        return None
    kinds: dict[str, Kind[Any]] = {"build-backend": STRING, "backend-path": STRINGS}
    fields: dict[str, Any] = {}
    for key, value in table.items():
        if key == "requires":
            continue
        if key not in kinds:
            hint = hint_for_name(key, ("requires", *kinds))
            faults.add(BadValue("is not a known key", [key], hint=hint, at_key=True), *where)
            continue
        try:
            fields[key] = kinds[key].parse(value)
        except BadValue as bad:
            faults.add(bad, *where, key)
    if "requires" not in table:
        faults.add(BadValue("needs `requires`", at_key=True), *where)
    requires = _read_list(document, (*where, "requires"), table.get("requires", []), faults)
    default = BuildSystem(requires)
    return BuildSystem(
        requires,
        fields.get("build-backend", default.backend),
        fields.get("backend-path", ()),
    )


def _group_pythons(
    settings: Settings, groups: Mapping[str, Any], faults: Faults
) -> dict[str, SpecifierSet]:
    found = {}
    for name, said in settings.dependency_groups.items():
        if name not in groups:
            place = _settings_keys(settings, "dependency-groups")
            faults.add(
                BadValue(
                    f"describes the group `{name}`, which does not exist",
                    hint=hint_for_name(name, groups),
                ),
                *place,
            )
        elif said.requires_python is not None:
            found[name] = said.requires_python
    return found


def _default_groups(
    settings: Settings, groups: Mapping[str, Any], faults: Faults
) -> tuple[str, ...]:
    match settings.default_groups:
        case "all":
            return tuple(groups)
        case None:
            return ("dev",) if "dev" in groups else ()
        case tuple(names):
            place = _settings_keys(settings, "default-groups")
            for index, name in enumerate(names):
                if name not in groups and name != "dev":
                    bad = BadValue(
                        f"names the group `{name}`, which does not exist",
                        [index],
                        hint=hint_for_name(name, groups),
                    )
                    faults.add(bad, *place)
            return tuple(name for name in names if name in groups)


def _settings_keys(settings: Settings, key: str) -> tuple[str, ...]:
    table = "uv" if settings.origin(key).level == "uv" else "wheelright"
    return ("tool", table, key)
