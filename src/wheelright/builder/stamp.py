"""A built wheel measured and stamped: its tags say what its binaries were found to need.

What a backend writes into the name of a wheel is the machine it ran on. What the wheel serves is
read from its binaries: a glibc floor (PEP 600), a musl floor (PEP 656), or ``linux_*`` where it
needs libraries that no policy promises.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.outside import files
from wheelright.targets.filenames import parse_wheel_name
from wheelright.targets.needs import (
    MAGIC_SIZE,
    WheelNeeds,
    floor_of,
    is_binary,
    is_module,
    promise_kept,
    read_needs,
    why_needs_misfit,
)
from wheelright.targets.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelright.builder.target import BuildTarget

DETAILS = "wheelright-build.json"
"""The file in ``.dist-info`` that says what built a wheel."""

_TAG_LINE = re.compile(rb"^(Tag:[ \t]*)(\S+)-(\S+)-(\S+?)[ \t]*(?=\r?$)", re.MULTILINE)
_PROMISES = ("manylinux", "musllinux")
# What compilers leave in the section `.comment` of what they compile.
_COMPILER = re.compile(
    rb"GCC: \([^()\0]*\) [0-9][0-9.]*|[A-Za-z ]*clang version [0-9][0-9.]*|rustc version [0-9.]+"
)
_MOST_MEMBERS = 200_000
_NOT_SOURCE = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})


class Measured(Struct, frozen=True):
    """A wheel measured: ``needs`` of its binaries, ``platform`` its tag, None for a pure wheel.

    ``tag`` is the platform part of its tags as it should be; ``floor`` the platform measured, None
    where none is proved. ``compilers`` are those that its binaries name.
    """

    needs: WheelNeeds
    tag: str
    floor: Platform | None
    compilers: tuple[str, ...] = ()

    @property
    def pure(self) -> bool:
        """Whether it proves to have no machine code and says so."""
        return self.tag == "any" and not any(is_module(one.path) for one in self.needs.binaries)


def measure_wheel(wheel: Path, target: BuildTarget) -> Measured:
    """Read what the binaries of a wheel need, and find the tag that it may bear."""
    name = parse_wheel_name(wheel.name)
    said = ".".join(name.platforms)
    with (
        zipfile.ZipFile(wheel) as archive,
        files.temporary_directory(wheel.parent, ".measure-") as place,
    ):
        binaries: list[str] = []
        compilers: set[str] = set()
        members = [one for one in archive.infolist() if not one.is_dir()][:_MOST_MEMBERS]
        for member in members:
            with archive.open(member) as stream:
                start = stream.read(MAGIC_SIZE)
                if not is_binary(start) or ".." in member.filename.split("/"):
                    continue
                data = start + stream.read()
            path = place / member.filename.lstrip("/")
            files.make_directory(path.parent)
            files.create(path, [data])
            binaries.append(member.filename)
            compilers.update(found.decode().strip() for found in _COMPILER.findall(data))
        needs = read_needs(place, [one.filename for one in members], binaries)
    tag, floor = _tag(said, needs, target)
    return Measured(needs, tag, floor, tuple(sorted(compilers)))


def _tag(said: str, needs: WheelNeeds, target: BuildTarget) -> tuple[str, Platform | None]:
    """Return the platform tag that a wheel may bear, and the floor that is proved by it."""
    platform = target.platform
    modules = any(is_module(one.path) for one in needs.binaries)
    if said == "any" and not modules:
        return said, None
    if platform.os != "linux":
        return said, floor_of(needs, platform.os, platform.arch)
    if said.startswith(_PROMISES) and not promise_kept(said.split("."), needs):
        return said, floor_of(needs, platform.os, platform.arch)
    plain = f"linux_{platform.arch}"
    if not needs.binaries and target.name is not None:
        # Nothing is needed of any machine of this kind; its oldest policy says so.
        floor = _oldest(platform)
        return (plain, None) if floor is None else (_platform_tag(floor), floor)
    floor = floor_of(needs, platform.os, platform.arch)
    if floor is None or floor.libc is None:
        return plain, None
    tag = _platform_tag(floor)
    return (plain, floor) if promise_kept([tag], needs) else (tag, floor)


def _oldest(platform: Platform) -> Platform | None:
    if platform.libc is None:
        return None
    if platform.libc == "musl":
        return Platform("linux", platform.arch, "musl", (1, 2))
    oldest = {"x86_64": (2, 5), "i686": (2, 5)}.get(platform.arch, (2, 17))
    return Platform("linux", platform.arch, "glibc", oldest)


def _platform_tag(platform: Platform) -> str:
    assert platform.floor is not None
    family = "musllinux" if platform.libc == "musl" else "manylinux"
    return f"{family}_{platform.floor[0]}_{platform.floor[1]}_{platform.arch}"


def misfit(measured: Measured, target: BuildTarget) -> str | None:
    """Say why what was built does not serve what it was built for; None where it does.

    For a named target the policy of its floor counts too: no library of this machine may be needed.
    """
    if measured.pure:
        return None
    named = target.name is not None
    why = why_needs_misfit(measured.needs, target.platform, target.name, policy=named)
    if why is not None:
        return why
    if target.platform.os == "linux" and named and measured.tag.startswith("linux_"):
        return f"nothing proves what its binaries need, {target.called} promises a floor"
    return None


def misfit_in_tree(source: Path, since: float, target: BuildTarget) -> str | None:
    """Say why modules that an editable build left in its tree do not serve; None where they do.

    Its wheel only says where they are. Those written before the moment ``since`` do not count.
    """
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = [each for each in folders if each[0] != "." and each not in _NOT_SOURCE]
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 (text, as `walk` gives it)
            if is_module(name) and os.stat(path).st_mtime >= since:  # noqa: PTH116
                found.append(os.path.relpath(path, source).replace(os.sep, "/"))
    needs = read_needs(source, found)
    return why_needs_misfit(needs, target.platform, target.name, policy=target.name is not None)


def stamp_wheel(wheel: Path, measured: Measured, details: bytes | None = None) -> Path:
    """Give a wheel the tags that were measured, and ``details`` of its build; return its path.

    The wheel is written anew under its new name, with ``WHEEL`` and ``RECORD`` to match, and the
    old one is removed. One that needs no change is left as it is.
    """
    name = parse_wheel_name(wheel.name)
    stem, _, said = wheel.name.removesuffix(".whl").rpartition("-")
    if said == measured.tag and details is None:
        return wheel
    final = wheel.parent / f"{stem}-{measured.tag}.whl"
    retagged = measured.tag if ".".join(name.platforms) != measured.tag else None
    with (
        zipfile.ZipFile(wheel) as archive,
        files.writing(wheel.with_name(f"{final.name}.new")) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh,
    ):
        _rewrite(archive, fresh, retagged, details)
    files.remove_file(wheel)
    files.replace(wheel.with_name(f"{final.name}.new"), final)
    return final


def _rewrite(
    archive: zipfile.ZipFile, fresh: zipfile.ZipFile, tag: str | None, details: bytes | None
) -> None:
    rows: dict[str, str] = {}
    record: zipfile.ZipInfo | None = None
    folder = ""
    for member in archive.infolist():
        parent, _, base = member.filename.rpartition("/")
        in_info = parent.endswith(".dist-info") and "/" not in parent
        if in_info and base in {"RECORD", "RECORD.jws", "RECORD.p7s", DETAILS}:
            if base == "RECORD":
                record, folder = member, parent
            continue
        if member.is_dir():
            fresh.writestr(member, b"")
            continue
        data = archive.read(member)
        if in_info and base == "WHEEL" and tag is not None:
            data = _retagged(data, tag)
        rows[member.filename] = _row(data)
        fresh.writestr(member, data, zipfile.ZIP_DEFLATED)
    if record is None:  # the store will say what is wrong with it
        return
    if details is not None:
        path = f"{folder}/{DETAILS}"
        rows[path] = _row(details)
        info = zipfile.ZipInfo(path, record.date_time)
        info.external_attr = 0o100644 << 16
        fresh.writestr(info, details, zipfile.ZIP_DEFLATED)
    fresh.writestr(record, _record_text(rows, record.filename), zipfile.ZIP_DEFLATED)


def _retagged(text: bytes, tag: str) -> bytes:
    """Put another platform into the tags of a ``WHEEL`` file, each tag once."""
    lines: dict[bytes, None] = {}
    changed = _TAG_LINE.sub(lambda match: b"%s%s-%s-%s" % (*match.groups()[:3], tag.encode()), text)
    kept = []
    for line in changed.splitlines(keepends=True):
        if line.startswith(b"Tag:"):
            if line.strip() in lines:
                continue
            lines[line.strip()] = None
        kept.append(line)
    return b"".join(kept)


def _row(data: bytes) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(data)}"


def _record_text(rows: Mapping[str, str], own: str) -> str:
    lines = [f"{_quoted(path)},{row}\n" for path, row in rows.items()]
    return "".join(lines) + f"{_quoted(own)},,\n"


def _quoted(path: str) -> str:
    if any(character in path for character in ',"\n\r'):
        return '"' + path.replace('"', '""') + '"'
    return path
