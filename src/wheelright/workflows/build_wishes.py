"""What is asked of builds: settings and options joined, for all projects or one by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from wheelright.builder import How
from wheelright.errors import UsageError
from wheelright.targets import normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.builder import BuildPython
    from wheelright.project import Settings
    from wheelright.project.settings_types import ExtraBuildRequirement
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import BuildingOptions


class BuildWishes(Struct, frozen=True):
    """What is asked of builds.

    ``constraints`` bind what builds require (PEP 508), ``hashes`` are those that a file of a
    project must have, by name; with ``require_hashes`` everything that is installed for a build
    needs a pin and a hash among these.
    """

    config_settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    package_settings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    extra_requires: Mapping[str, tuple[ExtraBuildRequirement, ...]] = field(default_factory=dict)
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    no_isolation: bool = False
    no_isolation_packages: frozenset[str] = frozenset()
    constraints: tuple[str, ...] = ()
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    require_hashes: bool = False

    def isolated(self, name: str) -> bool:
        """Whether a project is built in an environment of its own."""
        return not self.no_isolation and name not in self.no_isolation_packages

    def settings_of(self, name: str) -> dict[str, list[str]]:
        """Return the config settings of a project: those of all, then its own over them."""
        joined = {**self.config_settings, **self.package_settings.get(name, {})}
        return {key: list(values) for key, values in joined.items()}

    def how(self, name: str, runtime: Mapping[str, str], python: BuildPython) -> How:
        """Return how a project is built; ``python`` is used where it is not isolated.

        ``runtime`` are the versions of what it will run with, for what must match them.
        """
        requires = []
        for extra in self.extra_requires.get(name, ()):
            text = str(extra.requirement)
            version = runtime.get(extra.requirement.name)
            if extra.match_runtime and version is not None:
                text = f"{extra.requirement.name}=={version}"
            requires.append(text)
        return How(
            variables=self.variables.get(name, {}),
            requires=tuple(requires),
            python=None if self.isolated(name) else python,
        )

    def key(self, name: str, how: How) -> str:
        """Return a text that differs where a build of the same source may give something else."""
        said = [
            self.settings_of(name),
            dict(how.variables),
            how.requires,
            sorted(self.constraints),
            self.isolated(name),
        ]
        plain = [{}, {}, (), [], True]
        if said == plain:
            return ""
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:12]


def build_wishes(context: Context, options: BuildingOptions | None = None) -> BuildWishes:
    """Join settings and options. Raises ``UsageError``, ``ProjectFileError`` for a bad file."""
    settings = context.settings
    constraints, hashes = _constraints(context, settings, options)
    if options is None:
        return BuildWishes(
            settings.config_settings,
            settings.config_settings_package,
            settings.extra_build_dependencies,
            settings.extra_build_variables,
            settings.no_build_isolation,
            frozenset(settings.no_build_isolation_package),
            constraints,
            hashes,
            settings.require_build_hashes,
        )
    alone = (*settings.no_build_isolation_package, *options.no_build_isolation_package)
    return BuildWishes(
        {**settings.config_settings, **_read_settings(options.config_settings)},
        _joined(settings.config_settings_package, options.config_settings_package),
        settings.extra_build_dependencies,
        settings.extra_build_variables,
        options.no_build_isolation or settings.no_build_isolation,
        frozenset(normalize_name(name) for name in alone),
        constraints,
        hashes,
        options.require_build_hashes or settings.require_build_hashes,
    )


def _read_settings(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(
                f"`{text}` is no config setting",
                where="--config-setting",
                hints=["write `KEY=VALUE`"],
            )
        found[key] = (*found.get(key, ()), value)
    return found


def _joined(
    before: Mapping[str, Mapping[str, tuple[str, ...]]], texts: Iterable[str]
) -> dict[str, Mapping[str, tuple[str, ...]]]:
    by_name: dict[str, list[str]] = {}
    for text in texts:
        name, colon, setting = text.partition(":")
        if not colon or not name:
            raise UsageError(
                f"`{text}` is no config setting of a package",
                where="--config-settings-package",
                hints=["write `PACKAGE:KEY=VALUE`"],
            )
        by_name.setdefault(normalize_name(name), []).append(setting)
    found = dict(before)
    for name, settings in by_name.items():
        found[name] = {**found.get(name, {}), **_read_settings(settings)}
    return found


def _constraints(
    context: Context, settings: Settings, options: BuildingOptions | None
) -> tuple[tuple[str, ...], dict[str, frozenset[str]]]:
    found = [str(requirement) for requirement in settings.build_constraint_dependencies]
    hashes: dict[str, frozenset[str]] = {}
    if options is None or not options.build_constraints:
        return tuple(found), hashes
    from wheelright.project.requirements_file import read_requirements_file

    for path in options.build_constraints:
        read = read_requirements_file(context.directory / path, context.environ)
        for line in (*read.requirements, *read.constraints):
            if line.requirement is None:
                raise UsageError(
                    f"`{line.text}` names no project, which a constraint must do",
                    where=str(context.directory / path),
                    hints=["write `NAME==VERSION`"],
                )
            found.append(str(line.requirement))
            if line.hashes:
                name = line.requirement.name
                hashes[name] = hashes.get(name, frozenset()) | frozenset(line.hashes)
    return tuple(found), hashes
