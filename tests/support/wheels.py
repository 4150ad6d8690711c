"""Distributions made on the spot, the same bytes each time.

Wheels follow the wheel format with a right ``RECORD``; sdists carry their own build backend, so
that they build without any other package and without a network. ``broken`` names one fault.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BrokenWheel = Literal[
    "not-a-zip",  # some text
    "truncated",  # the second half is missing
    "record-hash",  # RECORD states another hash of the first file
    "record-missing",  # there is no RECORD
    "metadata-missing",  # there is no METADATA
    "metadata-name",  # METADATA speaks of another project
    "escape",  # a member's path leads out of the archive
    "absolute",  # a member's path is absolute
    "symlink",  # a member is a symbolic link that leads out
]
BrokenSdist = Literal[
    "not-a-tar",
    "truncated",
    "metadata-missing",
    "escape",
    "build-fails",  # the backend raises
]

_MOMENT = (1980, 1, 1, 0, 0, 0)


def normalized(name: str) -> str:
    """Normalize a project's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def escaped(name: str) -> str:
    """Spell a project's name as file names do."""
    return normalized(name).replace("-", "_")


def metadata_text(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    dynamic: Sequence[str] = (),
    metadata_version: str = "2.3",
) -> str:
    """Write core metadata; ``extras`` maps each extra to its requirements."""
    lines = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    lines += [f"Dynamic: {field}" for field in dynamic]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, requirements in (extras or {}).items():
        lines.append(f"Provides-Extra: {extra}")
        for requirement in requirements:
            base, _, marker = requirement.partition(";")
            guard = f"({marker.strip()}) and " if marker else ""
            lines.append(f'Requires-Dist: {base.strip()} ; {guard}extra == "{extra}"')
    return "\n".join(lines) + "\n"


def make_wheel(
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    build: str | None = None,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    scripts: Mapping[str, str] | None = None,
    gui_scripts: Mapping[str, str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    metadata: str | None = None,
    purelib: bool | None = None,
    executables: Sequence[str] = (),
    broken: BrokenWheel | None = None,
) -> tuple[str, bytes]:
    """Return a wheel's file name and bytes.

    Without ``files`` it holds one module, named as the project, with ``__version__``. ``scripts``
    maps a command to ``module:function``; ``entry_points`` maps further groups to such maps.
    ``tag`` may be compressed (``py2.py3-none-any``). ``executables`` names members with x rights.
    """
    stem = f"{escaped(name)}-{version}"
    info = f"{stem}.dist-info"
    if metadata is None:
        shown = f"{name}-other" if broken == "metadata-name" else name
        metadata = metadata_text(
            shown, version, requires=requires, requires_python=requires_python, extras=extras
        )
    members = _encoded(files or {f"{escaped(name)}/__init__.py": f'__version__ = "{version}"\n'})
    if broken != "metadata-missing":
        members[f"{info}/METADATA"] = metadata.encode()
    pure = tag.endswith("-none-any") if purelib is None else purelib
    members[f"{info}/WHEEL"] = _wheel_text(tag, build, pure=pure).encode()
    groups = {"console_scripts": scripts, "gui_scripts": gui_scripts, **(entry_points or {})}
    points = _entry_points_text(groups)
    if points:
        members[f"{info}/entry_points.txt"] = points.encode()
    if broken == "escape":
        members["../escaped.py"] = b"out = True\n"
    elif broken == "absolute":
        members["/tmp/escaped.py"] = b"out = True\n"
    if broken != "record-missing":
        members[f"{info}/RECORD"] = _record(members, info, wrong=broken == "record-hash")
    filename = f"{stem}-{build}-{tag}.whl" if build else f"{stem}-{tag}.whl"
    data = _zipped(members, frozenset(executables), link=broken == "symlink")
    if broken == "not-a-zip":
        data = b"<html>this is not a wheel</html>"
    elif broken == "truncated":
        data = data[: len(data) // 2]
    return filename, data


def wheel_metadata(data: bytes) -> bytes | None:
    """Read ``METADATA`` out of a wheel's bytes, as an index does; ``None`` where there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return archive.read(names[0]) if names else None
    except zipfile.BadZipFile:
        return None


def _encoded(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}


def _wheel_text(tag: str, build: str | None, *, pure: bool) -> str:
    pythons, abis, platforms = tag.split("-")
    lines = ["Wheel-Version: 1.0", "Generator: support", f"Root-Is-Purelib: {str(pure).lower()}"]
    lines += [
        f"Tag: {python}-{abi}-{platform}"
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    ]
    if build:
        lines.append(f"Build: {build}")
    return "\n".join(lines) + "\n"


def _entry_points_text(groups: Mapping[str, Mapping[str, str] | None]) -> str:
    blocks = [
        "\n".join([f"[{group}]", *(f"{name} = {target}" for name, target in points.items())])
        for group, points in groups.items()
        if points
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _record(members: Mapping[str, bytes], info: str, *, wrong: bool) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for number, (path, data) in enumerate(members.items()):
        digest = hashlib.sha256(b"other" if wrong and not number else data).digest()
        encoded = urlsafe_b64encode(digest).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={encoded}", len(data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    return text.getvalue().encode()


def _zipped(members: Mapping[str, bytes], executables: frozenset[str], *, link: bool) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            member = _member(path, 0o100755 if path in executables else 0o100644)
            archive.writestr(member, data)
        if link:
            archive.writestr(_member("link.py", 0o120777), b"../../../etc/passwd")
    return buffer.getvalue()


def _member(path: str, mode: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _MOMENT)
    member.external_attr = mode << 16
    member.create_system = 3  # the same on every system
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


_BACKEND = '''\
"""A build backend that needs nothing but the standard library (PEP 517, PEP 660)."""

import base64
import hashlib
import io
import os
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAME, VERSION, TAG, FAILS, REQUIRES = {facts!r}
STEM = NAME + "-" + VERSION
INFO = STEM + ".dist-info"


def get_requires_for_build_wheel(config_settings=None):
    return list(REQUIRES)


get_requires_for_build_editable = get_requires_for_build_wheel
get_requires_for_build_sdist = get_requires_for_build_wheel


def _check():
    if FAILS:
        raise RuntimeError("the build of " + NAME + " fails on purpose")


def _metadata():
    with open(os.path.join(HERE, "full-metadata.txt"), "rb") as file:
        return file.read()


def _wheel_text():
    return ("Wheel-Version: 1.0\\nGenerator: support\\nRoot-Is-Purelib: true\\nTag: "
            + TAG + "\\n").encode()


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _check()
    os.makedirs(os.path.join(metadata_directory, INFO))
    for name, data in (("METADATA", _metadata()), ("WHEEL", _wheel_text())):
        with open(os.path.join(metadata_directory, INFO, name), "wb") as file:
            file.write(data)
    return INFO


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def _write(wheel_directory, members):
    _check()
    members[INFO + "/METADATA"] = _metadata()
    members[INFO + "/WHEEL"] = _wheel_text()
    points = os.path.join(HERE, "entry_points.txt")
    if os.path.exists(points):
        with open(points, "rb") as file:
            members[INFO + "/entry_points.txt"] = file.read()
    record = ""
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\\n" % (path, digest, len(data))
    members[INFO + "/RECORD"] = (record + INFO + "/RECORD,,\\n").encode()
    filename = STEM + "-" + TAG + ".whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data)
    return filename


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    members = {{}}
    source = os.path.join(HERE, "src")
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                members[os.path.relpath(path, source).replace(os.sep, "/")] = file.read()
    return _write(wheel_directory, members)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    path = os.path.join(HERE, "src") + "\\n"
    return _write(wheel_directory, {{"__editable__." + NAME + ".pth": path.encode()}})


def build_sdist(sdist_directory, config_settings=None):
    _check()
    filename = STEM + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, filename), "w:gz") as archive:
        archive.add(HERE, STEM)
    return filename
'''


def sdist_files(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    scripts: Mapping[str, str] | None = None,
    dynamic: Sequence[str] = (),
    metadata_version: str = "2.3",
    build_requires: Sequence[str] = (),
    build_tag: str = "py3-none-any",
    fails: bool = False,
) -> dict[str, bytes]:
    """Return the files of a source tree, by path; written to a folder they are a project.

    ``files`` lie below ``src/``. What ``dynamic`` names (core metadata fields) is missing in
    ``PKG-INFO`` and ``pyproject.toml``, and known only once it is built. ``build_requires`` is
    what the tree asks to build; its backend needs none of it.
    """
    known = {field.lower() for field in dynamic}
    full = metadata_text(
        name, version, requires=requires, requires_python=requires_python, extras=extras
    )
    static = metadata_text(
        name,
        version,
        requires=() if "requires-dist" in known else requires,
        requires_python=None if "requires-python" in known else requires_python,
        extras=None if {"requires-dist", "provides-extra"} & known else extras,
        dynamic=dynamic,
        metadata_version=metadata_version,
    )
    facts = (escaped(name), version, build_tag, fails, tuple(build_requires))
    sources = files or {f"{escaped(name)}/__init__.py": f'__version__ = "{version}"\n'}
    tree = {f"src/{path}": data for path, data in _encoded(sources).items()}
    tree["PKG-INFO"] = static.encode()
    tree["full-metadata.txt"] = full.encode()
    tree["in_tree_backend.py"] = _BACKEND.format(facts=facts).encode()
    points = _entry_points_text({"console_scripts": scripts})
    if points:
        tree["entry_points.txt"] = points.encode()
    tree["pyproject.toml"] = _pyproject_text(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extras=extras or {},
        known_later=known,
        build_requires=build_requires,
    ).encode()
    return tree


def _pyproject_text(
    name: str,
    version: str,
    *,
    requires: Sequence[str],
    requires_python: str | None,
    extras: Mapping[str, Sequence[str]],
    known_later: set[str],
    build_requires: Sequence[str],
) -> str:
    dumps = json.dumps  # its strings and lists of strings are TOML too
    lines = [
        "[build-system]",
        f"requires = {dumps(list(build_requires))}",
        'build-backend = "in_tree_backend"',
        'backend-path = ["."]',
        "",
        "[project]",
        f"name = {dumps(name)}",
        f"version = {dumps(version)}",
    ]
    dynamic = [theirs for field, theirs in _PROJECT_FIELDS.items() if field in known_later]
    if dynamic:
        lines.append(f"dynamic = {dumps(dynamic)}")
    if requires_python is not None and "requires-python" not in known_later:
        lines.append(f"requires-python = {dumps(requires_python)}")
    if "requires-dist" not in known_later:
        lines.append(f"dependencies = {dumps(list(requires))}")
    if extras and not {"requires-dist", "provides-extra"} & known_later:
        lines += ["", "[project.optional-dependencies]"]
        lines += [f"{extra} = {dumps(list(wanted))}" for extra, wanted in extras.items()]
    return "\n".join(lines) + "\n"


_PROJECT_FIELDS = {
    "requires-dist": "dependencies",
    "provides-extra": "optional-dependencies",
    "requires-python": "requires-python",
}


def make_sdist(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    scripts: Mapping[str, str] | None = None,
    dynamic: Sequence[str] = (),
    metadata_version: str = "2.3",
    build_requires: Sequence[str] = (),
    build_tag: str = "py3-none-any",
    broken: BrokenSdist | None = None,
) -> tuple[str, bytes]:
    """Return an sdist's file name and bytes (``.tar.gz``); parameters as in :func:`sdist_files`."""
    tree = sdist_files(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extras=extras,
        files=files,
        scripts=scripts,
        dynamic=dynamic,
        metadata_version=metadata_version,
        build_requires=build_requires,
        build_tag=build_tag,
        fails=broken == "build-fails",
    )
    if broken == "metadata-missing":
        del tree["PKG-INFO"]
    stem = f"{escaped(name)}-{version}"
    members = {f"{stem}/{path}": data for path, data in tree.items()}
    if broken == "escape":
        members["../escaped.py"] = b"out = True\n"
    data = _tarred(members)
    if broken == "not-a-tar":
        data = b"<html>this is not an sdist</html>"
    elif broken == "truncated":
        data = data[: len(data) // 2]
    return f"{stem}.tar.gz", data


def sdist_of(name: str, version: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the file name and the bytes of an sdist that holds a tree."""
    stem = f"{escaped(name)}-{version}"
    return f"{stem}.tar.gz", _tarred({f"{stem}/{path}": data for path, data in files.items()})


def _tarred(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, data in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def write_project(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files of a source tree into a folder, and return it."""
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder
