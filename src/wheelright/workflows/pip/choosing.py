"""From a resolution to what an environment shall hold: files chosen, what is there left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.venv import Wanted
from wheelright.workflows.machine import best_file
from wheelright.workflows.pip.asking import name_of
from wheelright.workflows.pip.directs import check_hash
from wheelright.workflows.pip.present import Kept, kept_of
from wheelright.workflows.pip.question import Question
from wheelright.workflows.pip.resolving import answer, choice, with_hashes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.venv import Installed
    from wheelright.workflows.pip.asking import Asked
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.install import Installing


class Chosen(Struct, frozen=True):
    """What must be there, what stays as it is, and what is to be told."""

    wanted: list[Wanted]
    staying: dict[str, Installed]
    notes: tuple[str, ...]


def resolve_site(
    work: Installing,
    asked: tuple[Asked, ...],
    directs: Mapping[str, Direct],
    stayable: Mapping[str, Installed],
) -> Chosen:
    """Resolve what is asked for and choose the files. Raises as :func:`answer` does."""
    options = work.options
    kept = {name: kept_of(work.site, one) for name, one in stayable.items()}
    if options.no_deps:
        kept = {name: Kept(one.version, None) for name, one in kept.items()}
    preferred = {name: (one.version,) for name, one in kept.items()}
    question = Question(
        name_of(asked, options.command),
        asked,
        directs,
        work.policy,
        choice(work.context, options.resolve, work.wishes, preferred),
        work.aim,
        work.purpose.foreign,
        kept=kept,
        hashes=work.hashes,
        pinned_indexes=work.wishes.pinned_indexes(work.aim.values),
        no_deps=options.no_deps,
    )
    found = answer(work.context, work.indexes, lambda: work.builds, question, options.resolve)
    named = {one.name for one in asked}
    wanted: list[Wanted] = []
    staying: dict[str, Installed] = {}
    for package in found.resolution.packages:
        name, version = package.name, package.version
        direct = directs.get(name)
        if direct is not None:
            files = () if direct.file is None else (direct.file,)
            wanted.append(Wanted(name, version, direct.file, files, direct.origin(), name in named))
            continue
        if name in kept and kept[name].version == version:
            staying[name] = stayable[name]
            continue
        release = next(r for r in found.driver.pages[name].releases if r.version == version)
        release = with_hashes(release, work.hashes.get(name))
        file = best_file(name, release, work.aim.tags, work.policy)
        if name in work.hashes and not file.hashes:
            file = work.indexes.with_hash(file)
            check_hash(file, work.hashes[name])
        wanted.append(Wanted(name, version, file, release.files, None, name in named))
    return Chosen(wanted, staying, found.notes)
