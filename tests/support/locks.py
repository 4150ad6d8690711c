"""Locks for tests: hand-made ones by a few words, and strategies that make any of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from wheelright.lockfile import (
    Archive,
    Edge,
    LocalDirectory,
    Lock,
    LockedPackage,
    LockedTarget,
    LockInputs,
    Vcs,
)
from wheelright.store.file import File

if TYPE_CHECKING:
    from collections.abc import Mapping

LINUX: Mapping[str, str] = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.4",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.12.4",
    "python_version": "3.12",
    "sys_platform": "linux",
}
WINDOWS: Mapping[str, str] = LINUX | {  # type: ignore[operator]
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_system": "Windows",
    "sys_platform": "win32",
}


def file(name: str, **fields: Any) -> File:
    """Return a file whose hash is that of its name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return File(name, f"https://files.example.org/{name}", {"sha256": digest}, **fields)


def package(name: str, version: str = "1.0", **fields: Any) -> LockedPackage:
    """Return an entry with one pure wheel, unless the fields say otherwise."""
    if not {"wheels", "sdist", "directory", "archive", "vcs"} & fields.keys():
        fields["wheels"] = (file(f"{name.replace('-', '_')}-{version}-py3-none-any.whl"),)
    return LockedPackage(name, version, **fields)


def lock(*packages: LockedPackage, **fields: Any) -> Lock:
    """Return a lock of these entries, with inputs unless the fields say otherwise."""
    fields.setdefault("inputs", LockInputs(project="app"))
    return Lock(packages=packages, **fields)


names = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
lines = st.lists(words, max_size=4).map(tuple)
maybe_words = st.none() | words
line_tables = st.dictionaries(words, lines, max_size=3)
word_tables = st.dictionaries(words, words, max_size=3)
file_names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\", exclude_categories=["Cs"]),
    min_size=1,
    max_size=9,
).filter(lambda text: text not in {".", ".."})
hexes = st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True)
times = st.datetimes().map(lambda time: time.isoformat() + "Z") | st.sampled_from(
    ["2024-01-01T00:00:00Z", "2024-01-01T10:00:00.5+02:00", "yesterday", ""]
)
files = st.builds(
    File,
    name=file_names,
    url=file_names.map(lambda name: f"https://files.example.org/{name}"),
    hashes=st.dictionaries(
        st.sampled_from(["sha256", "sha512", "md5"]), hexes, min_size=1, max_size=2
    ),
    size=st.none() | st.integers(0, 10**12),
    uploaded=st.none() | times,
    requires_python=maybe_words,
    yanked=st.booleans(),
)
edges = st.lists(st.builds(Edge, names, maybe_words), max_size=3).map(tuple)
sources = st.one_of(
    st.fixed_dictionaries(
        {
            "wheels": st.lists(files, min_size=1, max_size=4).map(tuple),
            "sdist": st.none() | files,
        }
    ),
    st.fixed_dictionaries({"sdist": files}),
    st.fixed_dictionaries(
        {"directory": st.builds(LocalDirectory, words, st.booleans(), maybe_words)}
    ),
    st.fixed_dictionaries(
        {
            "archive": st.builds(
                lambda url, digest, size, part: Archive(
                    File(url, f"https://files.example.org/{url}", {"sha256": digest}, size), part
                ),
                st.from_regex(r"[a-z0-9.-]{1,9}", fullmatch=True).filter(lambda t: t.strip(".")),
                hexes,
                st.none() | st.integers(0, 10**12),
                maybe_words,
            )
        }
    ),
    st.fixed_dictionaries(
        {"vcs": st.builds(Vcs, st.just("git"), hexes, words, maybe_words, maybe_words, maybe_words)}
    ),
)
packages = st.builds(
    lambda source, **fields: LockedPackage(**fields, **source),
    source=sources,
    name=names,
    version=maybe_words,
    marker=maybe_words,
    requires_python=maybe_words,
    index=st.none() | names.map(lambda name: f"https://{name}.example.org/simple"),
    dependencies=edges,
    requires=lines,
    extras=lines,
)
inputs = st.builds(
    LockInputs,
    project=maybe_words,
    requires_python=maybe_words,
    requirements=lines,
    extras=line_tables,
    groups=line_tables,
    constraints=lines,
    overrides=lines,
    environments=lines,
    required_environments=lines,
    conflicts=lines,
    resolution=maybe_words,
    prerelease=maybe_words,
    exclude_newer=maybe_words,
    targets=word_tables,
    indexes=word_tables,
    sources=word_tables,
    metadata=line_tables,
    options=word_tables,
)
served = st.builds(LockedTarget, name=words, platform=words, pythons=lines, left_out=lines)
locks = st.builds(
    Lock,
    requires_python=maybe_words,
    environments=lines,
    extras=lines,
    groups=lines,
    default_groups=lines,
    packages=st.lists(packages, max_size=4).map(tuple),
    targets=st.lists(served, max_size=3, unique_by=lambda target: target.name).map(tuple),
    inputs=st.none() | inputs,
    created_by=words,
)
