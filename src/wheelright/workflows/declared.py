"""The targets that a project declares, read: platforms, Pythons and marker values.

Must live here: turning the settings into :class:`DeclaredTarget` values, and finding those that
``--for``, ``WHEELRIGHT_TARGET`` and ``default-target`` name.
Must not live here: choosing files for them (``judges``), proving them (``check``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.errors import RequestError, UsageError
from wheelright.project import Target, nearest_name
from wheelright.targets import compatible_tags, marker_values, parse_platform
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.specifiers import SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.project import Project, Settings
    from wheelright.targets import Platform, TagSet

#: The oldest and newest Python minors that a target without bounds of its own is checked for.
OLDEST_MINOR = 8
NEWEST_MINOR = 14
#: Names a target for ``sync``, ``run`` and all that show or ship what they would install.
VARIABLE = "WHEELRIGHT_TARGET"
#: Names that mean this machine.
NATIVE = frozenset({"native", "this-machine"})
#: Names of platforms that a project may give a floor of its own.
_FAMILIES = frozenset({"linux", "macos", "windows", "musl"})


class TargetError(RequestError):
    """A target cannot be understood, or contradicts the project."""


class DeclaredTarget(Struct, frozen=True):
    """A class of machines that the lock must serve.

    ``pythons`` are the minors (``(3, 11)``) it runs within what the project admits, oldest first;
    ``python`` the specifier that bounds them. ``promised`` says that the target itself names its
    Pythons (``asked``), so that every one must be served; else the newest may be left out.
    ``described`` are marker values measured on a machine (from the target file ``file``) that win
    over those derived from the platform. ``refused`` are glibc versions whose wheels the described
    machine declines (PEP 600).
    """

    name: str
    platform: Platform
    python: SpecifierSet
    pythons: tuple[tuple[int, int], ...]
    implementation: str = "cpython"
    described: Mapping[str, str] = field(default_factory=dict)
    promised: bool = False
    file: str | None = None
    asked: str = ""
    refused: frozenset[tuple[int, int]] = frozenset()

    def __hash__(self) -> int:
        return hash((self.name, self.platform, self.pythons))

    @property
    def words(self) -> str:
        """The name and what the platform promises: ``plc (glibc 2.17, x86_64)``."""
        return f"{self.name} ({self.platform.describe()})"

    def values(self, python: tuple[int, int]) -> dict[str, str]:
        """Return the marker values of this target for one of its Pythons."""
        full = f"{python[0]}.{python[1]}.0"
        derived = marker_values(self.platform, full, self.implementation)
        kept = {k: v for k, v in self.described.items() if not k.startswith("python_")}
        return {**derived, **kept, "implementation_version": full}

    def tags(self, python: tuple[int, int]) -> TagSet:
        """Return the tags that one of its Pythons accepts."""
        refused = self.refused
        return compatible_tags(self.platform, python, self.implementation, refused=refused)

    def canonical(self) -> str:
        """Return all that decides what a lock holds for it, as one line of text."""
        parts = [str(self.platform)]
        if self.implementation != "cpython":
            parts.append(self.implementation)
        if self.promised or self.asked:
            parts.append(f"Python {self.asked or self.python}")
        if self.refused:
            parts.append(
                f"without glibc {', '.join(f'2.{one[1]}' for one in sorted(self.refused))}"
            )
        derived = marker_values(self.platform, "3.8.0", self.implementation)
        parts += [
            f"{name} {value}"
            for name, value in sorted(self.described.items())
            if not name.startswith(("python_", "implementation_")) and derived.get(name) != value
        ]
        return ", ".join(parts)


def declared_targets(project: Project | None, settings: Settings) -> tuple[DeclaredTarget, ...]:
    """Return the declared targets in the order of the settings; none where none are declared.

    Targets that are described and listed nowhere, because there is no list, are declared too.
    Raises :class:`TargetError` for a target that cannot be understood or admits no Python of the
    project, for a declaration of none, and for a ``default-target`` that is not among them.
    """
    listed = settings.targets
    if not listed and "targets" in settings.origins:
        raise TargetError(
            "`targets` is empty, so the lock would serve no machine",
            where=str(settings.origin("targets")),
            hints=[
                "name a target, such as `linux` or `x86_64-manylinux_2_28`",
                "remove `targets` for a lock that serves every machine",
            ],
        )
    described = {target.name: target for target in settings.target}
    found = tuple(
        _read_listed(described.get(target.name, target), project, settings)
        for target in listed or settings.target
    )
    _check_default(found, settings)
    return found


def find_target(name: str, project: Project | None, settings: Settings) -> DeclaredTarget:
    """Return a target by its declared name, or an ad hoc one by a platform name.

    Raises :class:`TargetError` that names the nearest declared and platform names.
    """
    for target in (*settings.target, *settings.targets):
        if target.name == name and target != Target(name):
            return _read_declared(target, project, settings)
    return _read_declared(Target(name), project, settings)


def targets_for(
    asked: str | None,
    project: Project | None,
    settings: Settings,
    environ: Mapping[str, str] | None = None,
) -> tuple[DeclaredTarget, ...]:
    """Return what ``--for`` names (parted by commas), else the variable, else ``default-target``.

    Empty means this machine: nothing was named, or ``native`` was. Raises :class:`TargetError`,
    also where targets are declared wrongly that are not asked for, and as :func:`named_targets`.
    """
    declared_targets(project, settings)
    text = asked or asked_in(environ or {}) or settings.default_target or "native"
    return named_targets(text, project, settings)


def asked_in(environ: Mapping[str, str]) -> str | None:
    """Return what the variable asks for; None where it is absent or blank."""
    return environ.get(VARIABLE, "").strip(" ,") or None


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a text, parted by commas or blanks, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def named_targets(
    text: str, project: Project | None, settings: Settings
) -> tuple[DeclaredTarget, ...]:
    """Return the targets that a text names; empty where it means this machine.

    Raises :class:`TargetError` for a name that is none, and ``UsageError`` for this machine among
    other targets.
    """
    names = split_names(text)
    if not NATIVE.isdisjoint(names):
        if len(names) > 1:
            native = next(name for name in names if name in NATIVE)
            raise UsageError(
                f"`{native}` cannot be asked for together with other targets",
                where=f"--for {text}",
                hints=["name its platform instead; `wheelright target list` shows it"],
            )
        return ()
    return tuple(find_target(name, project, settings) for name in names)


def require_declared(
    asked: str | None, project: Project, settings: Settings
) -> tuple[DeclaredTarget, ...]:
    """Return the declared targets that ``lock --for`` names, all where it names none.

    Raises :class:`TargetError` for one that is not declared: locking would not serve it.
    """
    declared = declared_targets(project, settings)
    if asked is None:
        return declared
    by_name = {target.name: target for target in declared}
    names = split_names(asked)
    for name in names:
        if name not in by_name:
            near = nearest_name(name, by_name)
            listed = ", ".join(f"`{known}`" for known in by_name)
            raise TargetError(
                f"the target `{name}` is not declared, so the lock does not serve it",
                details=[f"the project declares {listed}" if listed else "it declares no targets"],
                hints=[
                    *([f"did you mean `{near}`?"] if near else []),
                    f"`wheelright target add {_added(name)}` declares it",
                ],
            )
    return tuple(by_name[name] for name in names)


def _added(name: str) -> str:
    """Return how a name is declared: this machine needs one, and is measured."""
    return "NAME --here" if name in NATIVE else name


def read_target(target: Target, project: Project | None) -> DeclaredTarget:
    """Read one target. Raises :class:`TargetError`, ``TargetFileError``, ``UnknownPlatform``."""
    described: dict[str, str] = {}
    implementation = "cpython"
    refused: frozenset[tuple[int, int]] = frozenset()
    measured: SpecifierSet | None = None
    required = SpecifierSet() if project is None else project.requires_python or SpecifierSet()
    if target.file is not None:
        root = Path() if project is None else project.root
        from wheelright.targets.target_file import read_target_file

        found = read_target_file(root / target.file)
        platform, described = found.parsed_platform, found.values
        implementation = found.implementation
        refused = frozenset(found.refused_glibc)
        if target.python is None:
            measured = _bounds_found(found.pythons, required)
    else:
        platform = parse_platform(target.platform or target.name)
    _check_name(target.name, platform)
    own = measured if target.python is None else target.python
    python = required if own is None else own & required
    minors = minors_of(python)
    if not minors:
        raise _no_python(target, required)
    return DeclaredTarget(
        target.name,
        platform,
        python,
        minors,
        implementation,
        described,
        promised=target.python is not None,
        file=target.file,
        asked="" if own is None else _in_order(own),
        refused=refused,
    )


def _bounds_found(pythons: Iterable[str], required: SpecifierSet) -> SpecifierSet | None:
    """Return what admits the Pythons found on a machine and no others.

    Where none of them suits the project, another one will be brought there: ``None``.
    """
    found = [
        (int(match[1]), int(match[2]))
        for python in pythons
        if (match := re.match(r"(\d+)\.(\d+)", python)) is not None
    ]
    minors = [minor for minor in minors_of(required) if minor in found]
    if not minors:
        return None
    (_, first), (_, last) = minors[0], minors[-1]
    gaps = [f"!=3.{minor}.*" for minor in range(first, last) if (3, minor) not in minors]
    return SpecifierSet(",".join([f">=3.{first}", *gaps, f"<3.{last + 1}"]))


def _in_order(python: SpecifierSet) -> str:
    return ",".join(sorted(map(str, python), reverse=True))


def _read_listed(target: Target, project: Project | None, settings: Settings) -> DeclaredTarget:
    """Read what ``targets`` lists. Its errors say where it stands."""
    origin = str(settings.origin("targets" if settings.targets else "target"))
    try:
        if target.name in NATIVE and target == Target(target.name):
            raise TargetError(
                f"`{target.name}` is this machine, and a lock serves the same machines wherever it"
                " is made",
                hints=["`wheelright target add NAME --here` declares this machine by a name"],
            )
        if not target.name.strip():
            raise TargetError(
                "a target has an empty name", hints=["name a platform, or a target of your own"]
            )
        return _read_declared(target, project, settings)
    except TargetError as error:
        error.where = error.where or origin
        raise


def _read_declared(target: Target, project: Project | None, settings: Settings) -> DeclaredTarget:
    try:
        return read_target(target, project)
    except UnknownPlatform as unknown:
        if target.platform is not None:
            raise TargetError(
                f"the platform of the target `{target.name}` is not known: `{target.platform}`",
                hints=unknown.hints,
            ) from None
        if target.file is not None:
            raise TargetError(
                f"the file of the target `{target.name}` names a platform that is not known",
                where=target.file,
                details=[unknown.message],
                hints=["describe the machine again, or upgrade Wheelright"],
            ) from None
        raise _unknown_target(target, settings, unknown) from None


def _unknown_target(target: Target, settings: Settings, unknown: UnknownPlatform) -> TargetError:
    name = target.name
    known = [one.name for one in (*settings.targets, *settings.target) if one.name != name]
    near = nearest_name(name, known)
    meant = [f"did you mean the target `{near}`?"] if near else []
    if target.python is not None:
        return TargetError(
            f"the target `{name}` has neither a `platform` nor a `file`, and its name is not that"
            " of a platform",
            hints=[f'add `platform = "x86_64-manylinux_2_28"` to `{name}`', *unknown.hints],
        )
    return TargetError(
        f"`{name}` is neither a declared target nor the name of a platform",
        hints=[*meant, *unknown.hints, f"`[tool.wheelright.target.{name}]` describes it"],
    )


def _check_name(name: str, platform: Platform) -> None:
    """Refuse a name that says another platform than the target has, or that cannot be typed."""
    if name in NATIVE or re.search(r"[,\s]", name) or not name:
        why = "stands for this machine" if name in NATIVE else "holds a comma or a blank"
        raise TargetError(
            f"`{name}` cannot be the name of a target: it {why if name else 'is empty'}",
            hints=["use letters, digits, `-`, `_` and `.`"],
        )
    try:
        named = parse_platform(name)
    except UnknownPlatform:
        return
    same_family = named.os == platform.os and name in _FAMILIES
    if name == "musl":
        same_family = platform.libc == "musl"
    if named != platform and not same_family:
        raise TargetError(
            f"the target `{name}` has the name of another platform: it is `{platform}`",
            details=[f"as the name of a platform, `{name}` is {named.describe()}"],
            hints=["give the target a name of its own"],
        )


def minors_of(python: SpecifierSet) -> tuple[tuple[int, int], ...]:
    """Return the minors that a specifier admits, among those that a lock can serve."""
    return tuple(
        (3, minor)
        for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1)
        if any(python.contains(f"3.{minor}.{micro}", prereleases=True) for micro in (0, 1, 5, 20))
    )


def _no_python(target: Target, required: SpecifierSet) -> TargetError:
    own = "" if target.python is None else f" (Python {target.python})"
    known = f"3.{OLDEST_MINOR} to 3.{NEWEST_MINOR}"
    if target.python is not None and not minors_of(target.python):
        return TargetError(
            f"the target `{target.name}`{own} admits none of the Pythons {known}",
            hints=["those are the Pythons that a lock can serve: change `python` of the target"],
        )
    return TargetError(
        f"the target `{target.name}`{own} has no Python in common with the project",
        details=[f"the project requires Python {required or 'of any version'}"],
        hints=["widen `python` of the target, or `requires-python` of the project"],
    )


def _check_default(declared: Iterable[DeclaredTarget], settings: Settings) -> None:
    """Check that ``default-target`` is declared; without targets it may be any platform."""
    name = settings.default_target
    names = [target.name for target in declared]
    if name is None or name in NATIVE or name in names:
        return
    if not names:
        try:
            parse_platform(name)
        except UnknownPlatform as unknown:
            raise TargetError(
                f"the `default-target` `{name}` is neither a declared target nor the name of a"
                " platform",
                where=str(settings.origin("default-target")),
                hints=unknown.hints,
            ) from None
        return
    near = nearest_name(name, names)
    raise TargetError(
        f"the `default-target` `{name}` is not among the declared targets",
        where=str(settings.origin("default-target")),
        details=[f"declared are {', '.join(f'`{known}`' for known in names)}"],
        hints=[f"did you mean `{near}`?" if near else f"add `{name}` to `targets`"],
    )
