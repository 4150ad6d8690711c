"""Reading the settings of every level and merging them.

The levels, strongest first; the command line, above all of them, is the work of ``workflows``:

1. environment variables ``WHEELRIGHT_<KEY>``
2. the file named by ``--config-file``, which takes the place of 3, 6 and 7
3. ``wheelright.toml`` beside ``pyproject.toml`` (not what only a project may say)
4. ``[tool.wheelright]`` in ``pyproject.toml``
5. ``[tool.uv]`` there, for the keys that mean the same, or a ``uv.toml`` beside it, which uv
   reads in place of that table for all but the project's own keys
6. the user's ``wheelright.toml`` in the platform's configuration directory
7. the system's

Lists of places and names (``index``, ``find-links``, ``no-build-package``...) add up over the
levels, the strongest first; except that ``[tool.wheelright]`` hides the same key of ``[tool.uv]``.
``no_config`` leaves out every file but ``pyproject.toml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from wheelright.outside.reporting import Reporter, Silent
from wheelright.project.document import Document, Faults, Place, read_document
from wheelright.project.errors import BadValue, ConfigurationError, ProjectFileError
from wheelright.project.names import hint_for_name, normal_name
from wheelright.project.requirement import Requirement
from wheelright.project.settings import Key, Level, SettingOrigin, Settings, keys
from wheelright.project.settings_types import (
    OVERRIDES,
    PackageEdit,
    Target,
    absolute_indexes,
    absolute_url,
)
from wheelright.project.sources import check_index_names
from wheelright.project.values import REQUIREMENTS, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE: Final = "wheelright.toml"


class _Layer(Struct, frozen=True):
    """The parsed values of one level, by key."""

    values: Mapping[str, Any]
    origins: Mapping[str, SettingOrigin]


def load_settings(
    project_dir: Path | None = None,
    config_file: Path | None = None,
    *,
    no_config: bool = False,
    environ: Mapping[str, str] | None = None,
    reporter: Reporter | None = None,
    found_in: Sequence[tuple[Level, Path]] | None = None,
) -> Settings:
    """Return the settings of a project directory (``None``: of none), merged from every level.

    ``environ`` is empty where not given, ``found_in`` is :func:`configuration_files`. Raise
    :class:`ProjectFileError` for faults in the project's files, :class:`ConfigurationError` for
    those of a user's file or a variable.
    """
    reporter = reporter or Silent()
    layers = [_environment_layer(environ or {})]
    documents: list[Document] = []
    if config_file is not None:
        layers.append(_file_layer(read_document(config_file, ConfigurationError), "file"))
    elif not no_config and project_dir is not None and (project_dir / _FILE).is_file():
        layers.append(_file_layer(read_document(project_dir / _FILE), "project", ProjectFileError))
    if project_dir is not None and (project_dir / "pyproject.toml").is_file():
        document = read_document(project_dir / "pyproject.toml")
        documents.append(document)
        uv_file = None
        if not no_config and (project_dir / "uv.toml").is_file():
            uv_file = read_document(project_dir / "uv.toml")
        layers.append(_pyproject_layer(document, uv_file, reporter))
    if config_file is None and not no_config:
        for level, path in configuration_files() if found_in is None else found_in:
            if path.is_file():
                layers.append(_file_layer(read_document(path, ConfigurationError), level))
    settings = _merge(layers)
    if documents:
        _check_sources(settings, documents[0])
    return settings


def configuration_files() -> list[tuple[Level, Path]]:
    """Where the user's and the system's ``wheelright.toml`` would be, strongest first."""
    from wheelright.outside.places import site_config, user_config

    return [("user", user_config() / _FILE), ("system", site_config() / _FILE)]


def project_settings(document: Document, faults: Faults) -> Settings:
    """Return what a ``pyproject.toml`` alone sets; faults are collected, not raised."""
    return _merge([_tables_layer(document, None, faults, Silent())])


def member_settings(document: Document, indexes: Sequence[str] | None) -> Settings:
    """Return what the file of a workspace's member sets.

    ``indexes`` are those of the root that its sources may name; with None any may be named.
    """
    faults = Faults(document)
    settings = project_settings(document, faults)
    for bad in () if indexes is None else _source_faults(settings, document, indexes):
        faults.add(bad)
    faults.raise_if_any()
    return settings


def script_settings(document: Document, faults: Faults) -> Settings:
    """Return what the metadata of a script sets, with its sources checked."""
    settings = project_settings(document, faults)
    for bad in _source_faults(settings, document):
        faults.add(bad)
    return settings


def _pyproject_layer(document: Document, uv_file: Document | None, reporter: Reporter) -> _Layer:
    faults = Faults(document)
    layer = _tables_layer(document, uv_file, faults, reporter)
    faults.raise_if_any()
    return layer


def _tables_layer(
    document: Document, uv_file: Document | None, faults: Faults, reporter: Reporter
) -> _Layer:
    """``[tool.wheelright]`` over ``[tool.uv]`` (or ``uv.toml``), key by key."""
    tool = document.data.get("tool", {})
    if not isinstance(tool, dict):
        faults.add(wrong_type("a table", tool), "tool")
        return _Layer({}, {})
    path = str(document.path)
    uv = tool.get("uv", {})
    values: dict[str, Any] = {}
    origins: dict[str, SettingOrigin] = {}
    own = _read_keys(document, tool.get("wheelright", {}), ("tool", "wheelright"), faults)
    if isinstance(uv, dict):
        known = {key.uv for key in keys().values() if key.uv}
        for key in uv:
            if key not in known:
                reporter.debug(f"`tool.uv.{key}` in `{document.path.name}` is not read")
        wanted = {
            key: value
            for key, value in uv.items()
            if key in known and key not in own and (uv_file is None or keys()[key].project_only)
        }
        inherited = _read_keys(document, wanted, ("tool", "uv"), faults)
        values |= inherited
        origins |= dict.fromkeys(inherited, SettingOrigin("uv", path))
    if uv_file is not None:
        uv_faults = Faults(uv_file)
        wanted = {
            key: value
            for key, value in uv_file.data.items()
            if key in keys() and keys()[key].uv and key not in own
        }
        inherited = _read_keys(uv_file, wanted, (), uv_faults)
        uv_faults.raise_if_any()
        values |= inherited
        origins |= dict.fromkeys(inherited, SettingOrigin("file", str(uv_file.path)))
    values |= own
    origins |= dict.fromkeys(own, SettingOrigin("project", path))
    return _Layer(values, origins)


def _file_layer(
    document: Document,
    level: Level,
    error: type[ConfigurationError | ProjectFileError] = ConfigurationError,
) -> _Layer:
    faults = Faults(document, error)
    values = _read_keys(document, document.data, (), faults, in_project=False)
    faults.raise_if_any()
    shown: Level = "file" if level == "project" else level
    return _Layer(values, dict.fromkeys(values, SettingOrigin(shown, str(document.path))))


def _environment_layer(environ: Mapping[str, str]) -> _Layer:
    values: dict[str, Any] = {}
    origins: dict[str, SettingOrigin] = {}
    for key in keys().values():
        if key.environment is None or key.environment not in environ:
            continue
        text = environ[key.environment]
        if not text.strip():
            continue
        assert key.kind.from_text is not None
        try:
            value = key.kind.parse(key.kind.from_text(text))
        except BadValue as bad:
            raise ConfigurationError(
                f"`{key.environment}` {bad.message}", hints=[bad.hint] if bad.hint else []
            ) from None
        values[key.name] = _with_absolute_paths(key, value, Path())
        origins[key.name] = SettingOrigin("environment", key.environment)
    return _Layer(values, origins)


def _read_keys(
    document: Document,
    table: Any,
    where: tuple[str, ...],
    faults: Faults,
    *,
    in_project: bool = True,
) -> dict[str, Any]:
    """Parse the known keys of a table; an unknown one is a fault that names the nearest."""
    if not isinstance(table, dict):
        faults.add(wrong_type("a table", table), *where)
        return {}
    known = keys()
    values = {}
    for name, raw in table.items():
        if name not in known:
            hint = hint_for_name(name, known)
            faults.add(BadValue("is not a known key", [name], hint=hint, at_key=True), *where)
            continue
        key = known[name]
        if key.project_only and not in_project:
            bad = BadValue(
                "is for a project and cannot stand in a configuration file",
                [name],
                hint="Write it under `[tool.wheelright]` in `pyproject.toml`",
                at_key=True,
            )
            faults.add(bad, *where)
            continue
        try:
            value = key.kind.parse(raw)
        except BadValue as bad:
            faults.add(bad, *where, name)
            continue
        value = _with_absolute_paths(key, value, document.path.parent)
        values[name] = _with_places(key, value, document, (*where, name))
    return values


def _with_absolute_paths(key: Key, value: Any, directory: Path) -> Any:
    """Places that are relative to the file they are written in, made absolute."""
    match key.name:
        case "index":
            return absolute_indexes(value, directory)
        case "index-url":
            return absolute_url(value, directory)
        case "extra-index-url" | "find-links":
            return tuple(absolute_url(one, directory) for one in value)
        case "cache-dir":
            return str((directory / Path(value).expanduser()).absolute())
        case _:
            return value


def _with_places(key: Key, value: Any, document: Document, where: tuple[str, ...]) -> Any:
    if key.kind is not REQUIREMENTS and key.kind is not OVERRIDES:
        return value
    return tuple(
        replace(one, place=Place(document, (*where, index)))
        if isinstance(one, Requirement)
        else one
        for index, one in enumerate(value)
    )


def _merge(layers: list[_Layer]) -> Settings:
    values: dict[str, Any] = {}
    origins: dict[str, SettingOrigin] = {}
    for key in keys().values():
        for layer in layers:
            if key.name not in layer.values:
                continue
            value = layer.values[key.name]
            if key.name not in values:
                values[key.name] = value
                origins[key.name] = layer.origins[key.name]
            elif key.kind.joins and not key.project_only:
                values[key.name] = _joined(values[key.name], value)
    described = {one.name: one for one in values.get("target", ())}
    values["targets"] = tuple(
        described.get(one.name, one) if one == Target(one.name) else one
        for one in values.get("targets", ())
    )
    for kind in ("override", "exclude"):
        said = values.get(f"{kind}-dependencies", ())
        values[f"package-{kind}s"] = tuple(one for one in said if isinstance(one, PackageEdit))
        values[f"{kind}-dependencies"] = tuple(o for o in said if not isinstance(o, PackageEdit))
    attributes = {name.replace("-", "_"): value for name, value in values.items()}
    return Settings(**attributes, origins=origins)


def _joined(strong: tuple[Any, ...], weak: tuple[Any, ...]) -> tuple[Any, ...]:
    """Both lists; what a stronger level names again (an index by its name) is left out."""
    taken = {getattr(one, "name", None) for one in strong} - {None}
    return strong + tuple(
        one for one in weak if one not in strong and getattr(one, "name", None) not in taken
    )


def _check_sources(settings: Settings, document: Document) -> None:
    faults = Faults(document)
    for bad in _source_faults(settings, document):
        faults.add(bad)
    faults.raise_if_any()


def _source_faults(
    settings: Settings, document: Document, further: Sequence[str] = ()
) -> list[BadValue]:
    """Return the sources that name an index which is not defined, with their whole keys."""
    known = [*further, *(one.name for one in settings.index if one.name is not None)]
    table = "uv" if settings.origin("sources").level == "uv" else "wheelright"
    found = []
    for bad in check_index_names(settings.sources, known):
        raw = document.data["tool"][table]["sources"]
        written = next(name for name in raw if normal_name(name) == bad.keys[0])
        place = ("tool", table, "sources", written, *bad.keys[1:])
        found.append(BadValue(bad.message, place, hint=bad.hint))
    return found
