"""``wheelright add`` and ``wheelright remove``: change what the project requires.

The text is edited, the edited project is locked, what was given without a version gets a lower
bound, and the venv follows. Where any of it fails, ``pyproject.toml`` and the lock are put back
byte for byte. The lock is written last: a kill in between leaves a project whose lock is not
current, which the next command makes so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.lockfile import canonical, dumps
from wheelright.outside import files
from wheelright.project import (
    IndexSource,
    PathSource,
    RequirementHome,
    is_valid_name,
    parse_requirement,
)
from wheelright.project.edit import (
    MAIN,
    add_requirement,
    remove_requirement,
    replace_requirement,
    set_source,
)
from wheelright.venv import read_record
from wheelright.workflows.alone import alone
from wheelright.workflows.asked import read_arguments, read_files
from wheelright.workflows.bounds import bounds_for
from wheelright.workflows.freshness import LOCK_NAME, StaleLockError, prepare
from wheelright.workflows.lock import locked
from wheelright.workflows.members import scope_of
from wheelright.workflows.once import Once
from wheelright.workflows.options import LockOptions, Selection
from wheelright.workflows.outcomes import AddOutcome, RemoveOutcome
from wheelright.workflows.per_target import at_target
from wheelright.workflows.remembering import remembered
from wheelright.workflows.sync import synced

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from wheelright.lockfile import Lock
    from wheelright.project import Project
    from wheelright.targets.conditions import Marker
    from wheelright.workflows.asked import Asked
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import AddOptions, RemoveOptions, SyncOptions
    from wheelright.workflows.outcomes import LockOutcome, SyncOutcome

_BOM = b"\xef\xbb\xbf"


class _Written(Struct, frozen=True):
    """A requirement as it was written; ``is_new`` where the list did not name its project."""

    text: str
    is_new: bool


def add(context: Context, options: AddOptions) -> AddOutcome:
    """Add requirements to the project, lock it and sync the venv.

    Raises ``UsageError`` for what is no requirement, ``ProjectNotFoundError`` without a project,
    and what locking and syncing raise; the project is then as it was.
    """
    with alone(context) as current:
        return _added(current, options)


def _added(context: Context, options: AddOptions) -> AddOutcome:
    project = _edited(context, options.sync)
    home = _home(options.group, options.optional)
    asked = _asked(context, options, project)
    with _as_it_was(project, context.project.root):
        written = _write(context, project, asked, home, options)
        if options.sync.frozen:
            return AddOutcome(tuple(dict.fromkeys(one.text for one in written)))
        again = _again(context)
        lock, outcome = locked(again, _lock_options(options.sync))
        if not options.raw:
            again, written = _write_bounds(again, options.sync, lock, home, written)
        outcome = _write_lock(again, lock, outcome, options.sync)
        added = tuple(dict.fromkeys(one.text for one in written))
        if options.no_sync:
            return AddOutcome(added, lock=outcome)
        # As with uv, what else was put into the venv stays in it.
        chosen = replace(_chosen(_as_synced(again, options.sync, lock), home), inexact=True)
        return AddOutcome(added, _sync(again, chosen, outcome), outcome)


def remove(context: Context, options: RemoveOptions) -> RemoveOutcome:
    """Take requirements out of the project, lock it and sync the venv.

    Raises ``RequirementNotFoundError`` that says where else the project requires what it should
    no longer, ``UsageError`` for what is no name, and what locking and syncing raise; the project
    is then as it was.
    """
    with alone(context) as current:
        return _removed(current, options)


def _removed(context: Context, options: RemoveOptions) -> RemoveOutcome:
    project = _edited(context, options.sync)
    home = _home(options.group, options.optional)
    text = project.text
    removed = []
    for name in options.packages:
        edit = remove_requirement(text, _checked_name(name), home)
        text = edit.text
        removed.append(edit.previous or name)
    with _as_it_was(project, context.project.root):
        _write_text(project.path, text)
        if options.sync.frozen:
            return RemoveOutcome(tuple(removed))
        again = _again(context)
        lock, outcome = locked(again, _lock_options(options.sync))
        outcome = _write_lock(again, lock, outcome, options.sync)
        if options.no_sync:
            return RemoveOutcome(tuple(removed), lock=outcome)
        chosen = _as_synced(again, options.sync, lock)
        return RemoveOutcome(tuple(removed), _sync(again, chosen, outcome), outcome)


def _edited(context: Context, options: SyncOptions) -> Project:
    """Return the project to be changed: the one named by ``--package``, else the one at hand."""
    named = options.selection.packages
    if len(named) > 1:
        raise UsageError(
            "one project is changed at a time",
            where="--package",
            hints=["run the command once for each member"],
        )
    if not named:
        return context.member or context.project
    scope = scope_of(context, options.selection)
    return scope.members[0] if scope.members else context.project


def _home(group: str | None, optional: str | None) -> RequirementHome:
    for kind, name in (("group", group), ("extra", optional)):
        if name is None:
            continue
        if not is_valid_name(name):
            raise UsageError(
                f"`{name}` is not a valid name of {'a group' if kind == 'group' else 'an extra'}",
                hints=["names hold letters, digits, `-`, `_` and `.`"],
            )
        return RequirementHome("group" if kind == "group" else "extra", name)
    return MAIN


def _checked_name(text: str) -> str:
    if not is_valid_name(text):
        raise UsageError(
            f"`{text}` is not a project's name", hints=["give the names to remove, as in `flask`"]
        )
    return text


# -- what is asked for


def _asked(context: Context, options: AddOptions, project: Project) -> list[Asked]:
    """Read what is to be added, with what the options say of all of it."""
    marker = _marker(options.marker)
    index = options.sync.index
    given = read_arguments(context, options.requirements, project.root, index)
    given += read_files(context, options.requirement_files, project.root, index)
    if not given:
        raise UsageError(
            "there is nothing to add", hints=["name a package, as in `wheelright add flask`"]
        )
    found = []
    for one in given:
        asked = one.with_more(options.extras, marker)
        if options.editable is not None:
            asked = _with_editable(asked, editable=options.editable)
        if asked.name == project.name and not asked.extras:
            raise RequestError(
                f"`{asked.name}` is the project itself, which cannot require itself",
                where=str(project.path),
            )
        found.append(asked)
    return found


def _marker(text: str | None) -> Marker | None:
    if text is None:
        return None
    from wheelright.targets.conditions import InvalidMarker, Marker

    try:
        return Marker(text)
    except InvalidMarker as problem:
        reason = str(problem).split("\n", 1)[0]
        raise UsageError(
            f"`{text}` is not a valid marker",
            where="--marker",
            details=[reason],
            hints=["a marker looks like `sys_platform == 'win32'`"],
        ) from None


def _with_editable(asked: Asked, *, editable: bool) -> Asked:
    if isinstance(asked.source, PathSource):
        return replace(asked, source=replace(asked.source, editable=editable))
    if editable:
        raise UsageError(
            f"`{asked.name}` cannot be editable: it is no directory",
            where="--editable",
            hints=["give the path of its source tree"],
        )
    return asked


# -- writing the project


def _write(
    context: Context,
    project: Project,
    asked: Sequence[Asked],
    home: RequirementHome,
    options: AddOptions,
) -> list[_Written]:
    """Edit the project's text and write it."""
    text = project.text
    written = []
    for one in asked:
        source = None if options.raw else _member_source(context, one) or one.source_table()
        if source is None and options.index_name is not None:
            source = {"index": options.index_name}
        requirement = one.requirement
        if options.raw and one.source is not None:
            requirement = one.text
        edit = add_requirement(text, requirement, home, has_source=source is not None)
        text = edit.text
        if source is not None:
            text = set_source(text, one.name, source)
        written.append(_Written(edit.written, edit.previous is None))
    if options.index_name is not None:
        text = _with_index(text, options)
    _write_text(project.path, text)
    return written


def _member_source(context: Context, asked: Asked) -> dict[str, Any] | None:
    """Return the source of what is a member of the same workspace, given by name or by path."""
    member = None if context.workspace is None else context.workspace.members.get(asked.name)
    if member is None:
        return None
    if isinstance(asked.source, PathSource):
        same = asked.source.located(context.directory).resolve() == member.root.resolve()
        return {"workspace": True} if same else None
    return {"workspace": True} if asked.source is None else None


def _with_index(text: str, options: AddOptions) -> str:
    """Add the index that is pinned, where its address was given and the project has none."""
    import tomllib

    from wheelright.lockfile.model import without_credentials
    from wheelright.project.toml_edit import literal

    prefix = f"{options.index_name}="
    urls = [one[len(prefix) :] for one in options.sync.index.index if one.startswith(prefix)]
    if not urls:
        return text
    tool = tomllib.loads(text).get("tool", {})
    own, inherited = tool.get("wheelright", {}).get("index"), tool.get("uv", {}).get("index")
    known = own if own is not None else inherited or []
    if any(index.get("name") == options.index_name for index in known):
        return text
    table = "uv" if own is None and inherited else "wheelright"
    end = "" if text.endswith("\n") else "\n"
    return (
        f"{text}{end}\n[[tool.{table}.index]]\nname = {literal(options.index_name or '')}\n"
        f"url = {literal(without_credentials(urls[-1]))}\n"
    )


def _write_bounds(
    context: Context,
    options: SyncOptions,
    lock: Lock,
    home: RequirementHome,
    written: Sequence[_Written],
) -> tuple[Context, list[_Written]]:
    """Give what is new and says no version the bounds that the settings ask for.

    Returns the project as it is then. The versions that were locked meet the bounds, so that
    nothing is to be resolved again.
    """
    project, settings = _edited(context, options), context.settings
    text = project.text
    bounded = []
    for one in written:
        requirement = parse_requirement(one.text)
        sources = settings.sources.get(requirement.name, ())
        is_free = requirement.url is None and not len(requirement.specifier)
        versions = [
            package.version
            for package in lock.by_name.get(requirement.name, ())
            if package.version is not None and package.files
        ]
        if not (
            one.is_new
            and is_free
            and versions
            and all(isinstance(source, IndexSource) for source in sources)
        ):
            bounded.append(one)
            continue
        bounds = bounds_for(versions, settings.add_bounds)
        edit = replace_requirement(text, one.text, _with_specifier(one.text, bounds), home)
        text = edit.text
        bounded.append(_Written(edit.written, is_new=True))
    if text == project.text:
        return context, bounded
    _write_text(project.path, text)
    return _again(context), bounded


def _with_specifier(text: str, bounds: str) -> str:
    """Return a requirement that says no version with one."""
    head, semicolon, marker = text.partition(";")
    return f"{head.rstrip()}{bounds}" + (f"; {marker.strip()}" if semicolon else "")


def _write_text(path: Path, text: str) -> None:
    data = text.encode()
    before = path.read_bytes()
    if before.startswith(_BOM):
        data = _BOM + data
    if data != before:
        files.write_atomic(path, data)


@contextmanager
def _as_it_was(project: Project, root: Path) -> Generator[None]:
    """Put the project's file and the lock back where the block fails, or is interrupted."""
    paths = (project.path, root / LOCK_NAME)
    before = [path.read_bytes() if path.is_file() else None for path in paths]
    try:
        yield
    except BaseException:
        for path, data in zip(paths, before, strict=True):
            now = path.read_bytes() if path.is_file() else None
            if data is None:
                files.remove_file(path)
            elif now != data:
                files.write_atomic(path, data)
        raise


# -- locking and syncing what was written


def _again(context: Context) -> Context:
    """Return a context that reads the project anew, and says each thing only once."""
    return context.again(reporter=Once.over(context.reporter))


def _lock_options(options: SyncOptions) -> LockOptions:
    """Return how to lock: without writing, which comes when the bounds are known."""
    return LockOptions(
        dry_run=True, resolve=options.resolve, index=options.index, build=options.build
    )


def _write_lock(
    context: Context, lock: Lock, outcome: LockOutcome, options: SyncOptions
) -> LockOutcome:
    """Write the lock for the project as it is now; it must not change with ``locked``."""
    root = context.project.root
    inputs = prepare(context, _lock_options(options)).inputs
    text = dumps(canonical(replace(lock, inputs=inputs)), root)
    path = root / LOCK_NAME
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return replace(outcome, wrote=False)
    if options.locked:
        raise StaleLockError(
            "the lockfile would change",
            where=str(path),
            hints=["leave `--locked` out"],
        )
    files.write_atomic(path, text)
    return replace(outcome, wrote=True)


def _chosen(options: SyncOptions, home: RequirementHome) -> SyncOptions:
    """Return the options of a sync that installs what was added, wherever it stands."""
    selection = options.selection
    if home.kind == "extra" and not selection.all_extras:
        selection = replace(selection, extras=(*selection.extras, home.name))
    elif home.kind == "group" and home.name != "dev" and not selection.all_groups:
        selection = replace(selection, groups=(*selection.groups, home.name))
    return replace(options, selection=selection)


def _as_synced(context: Context, options: SyncOptions, lock: Lock) -> SyncOptions:
    """Return the options with the extras and groups of the last sync, where none are named."""
    if options.selection != Selection():
        return options
    record = read_record(str(at_target(context, options).venv_directory().absolute()))
    if record is None:
        return options
    before = remembered(record.options, lock)
    return replace(
        options,
        selection=before.selection,
        no_editable=options.no_editable or before.no_editable,
        no_install_project=options.no_install_project or before.no_install_project,
        no_install_packages=options.no_install_packages or before.no_install_packages,
    )


def _sync(context: Context, options: SyncOptions, outcome: LockOutcome) -> SyncOutcome:
    """Sync with the lock that was just written; upgrades were made by then."""
    resolve = replace(options.resolve, upgrade=False, upgrade_package=())
    done, _ = synced(context, replace(options, resolve=resolve, locked=False))
    return replace(done, lock=outcome)


__all__ = ["add", "remove"]
