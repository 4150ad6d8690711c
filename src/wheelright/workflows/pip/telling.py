"""What is told of a resolution: what would help after a conflict, and which versions were passed.

Must live here: words. Every note names the version, what is wrong with its files, and the ways to
get it all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.candidates import is_prerelease, specifiers_of, version_of
from wheelright.resolver.requirements import parse_dependency
from wheelright.targets import nearest_wheel
from wheelright.workflows.judges import MachineJudge, UniversalJudge, usable_files, wheel_names
from wheelright.workflows.pip.question import requirement_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.resolver import Resolution, ResolutionFailure
    from wheelright.workflows.driver import Driver
    from wheelright.workflows.pip.question import Question


def with_more_hints(
    failure: ResolutionFailure, machine: MachineJudge | UniversalJudge, question: Question
) -> ResolutionFailure:
    """Add what is known of direct references, hashes and platforms."""
    hints = []
    for name in failure.culprits:
        direct = question.directs.get(name)
        if direct is not None:
            hints.append(
                f"`{name}` comes from `{direct.shown}` ({direct.by}), which is version"
                f" {direct.version}; no other can be chosen"
            )
        if name in question.hashes:
            hints.append(f"only files of `{name}` with the hashes that are given can be chosen")
    if isinstance(machine, MachineJudge):
        hints += _platform_hints(failure, machine, question)
    failure.hints = (*failure.hints, *(hint for hint in hints if hint not in failure.hints))
    return failure


def _platform_hints(
    failure: ResolutionFailure, machine: MachineJudge, question: Question
) -> list[str]:
    aim = question.aim
    named = {name for name, _ in machine.passed_over}
    unfit = [name for name in dict.fromkeys(failure.culprits) if name in named]
    if not unfit or aim is None:
        return []
    hints = [f"the wheels must fit {aim.words} with Python {aim.values['python_version']}"]
    if question.foreign:
        hints.append(
            f"allow a build with `--no-binary {unfit[0]}`, or ask for another platform with"
            " `--python-platform`"
        )
    return hints


def passed_over(
    machine: MachineJudge | UniversalJudge,
    resolution: Resolution,
    driver: Driver,
    question: Question,
) -> list[str]:
    """Say which newer versions would have been chosen if their files fitted."""
    if not isinstance(machine, MachineJudge) or question.choice.resolution != "highest":
        return []
    fallen = {name for name, _ in machine.passed_over}
    packages = [package for package in resolution.packages if package.name in fallen]
    if not packages:
        return []
    wanted: dict[str, list[str]] = {}
    for text in (
        *(requirement_text(asked) for asked in question.asked if asked.source is None),
        *question.choice.constraints,
        *(line for package in resolution.packages for line in package.requires),
    ):
        dependency = parse_dependency(text)
        wanted.setdefault(dependency.name, []).append(dependency.specifier)
    notes = []
    for package in packages:
        if package.name not in question.choice.preferred:
            found = _newest(machine, package.name, package.version, wanted)
            if found is not None:
                notes.append(_note(machine, driver, package.name, *found))
    return notes


def _newest(
    machine: MachineJudge, name: str, chosen: str, wanted: Mapping[str, list[str]]
) -> tuple[str, str] | None:
    """Return the newest version that was passed over and satisfies, and why it was."""
    own = version_of(chosen)
    newer = [
        (version_of(version), version, reason)
        for (project, version), reason in machine.passed_over.items()
        if project == name and version_of(version) > own
    ]
    if not newer:
        return None
    parts = [one for text in wanted.get(name, ()) if text for one in specifiers_of(text)]
    for version, text, reason in sorted(newer, reverse=True):
        if is_prerelease(text) and not is_prerelease(chosen):
            continue
        if all(one.contains(version, prereleases=True) for one in parts):
            return text, reason
    return None


def _note(machine: MachineJudge, driver: Driver, name: str, version: str, reason: str) -> str:
    release = next(one for one in driver.pages[name].releases if one.version == version)
    usable = usable_files(name, release, machine.policy)
    ways = []
    if machine.foreign:
        nearest = nearest_wheel(wheel_names(usable), machine.tags)
        if nearest is not None and nearest.platform is not None:
            ways.append(f"`--python-platform {nearest.platform}` takes it")
        if any(not file.is_wheel for file in usable):
            ways.append(f"`--no-binary {name}` builds it")
    return "; ".join([f"{name} {version} passed over: {reason}", *ways])
