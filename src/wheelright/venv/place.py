"""Putting a stored wheel into a venv: where each file goes, and the RECORD of it.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
#installing-a-wheel-distribution-1-0-py32-none-any-whl

RECORD comes first, and lists all that will follow: whatever a kill leaves of a package can then be
removed, even where it is not wanted any more. That it is not whole is said by the journal
(``apply``).
"""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.outside import files
from wheelright.outside.threads import run_all
from wheelright.outside.trees import LinkMode, place_tree
from wheelright.store import BrokenWheel, Entry, StoredWheel
from wheelright.venv.record import OURS
from wheelright.venv.scripts import rewrite_script, script_text, windows_launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wheelright.venv.inspect import Venv
    from wheelright.venv.plan import Origin

# The installer writes these itself, whatever the wheel brings.
_OURS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s")

# Fewer are placed sooner by one thread.
_FEW_FILES = 1_000
_THREADS = 2


class Layout(Struct, frozen=True):
    """Where the files of one wheel go.

    ``placed`` are pairs of a path in the wheel and an absolute path, the dist-info last.
    ``scripts`` are entries of the wheel and the paths of the scripts made of them.
    ``rows`` are the lines of RECORD for ``placed``.
    """

    placed: list[tuple[str, str]] = field(default_factory=list)
    scripts: list[tuple[Entry, str]] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


def lay_out(wheel: StoredWheel, venv: Venv) -> Layout:
    """Work out where a wheel's files go; nothing is written.

    Raises :class:`BrokenWheel` for a scheme that is not known and for a path that is the venv's.
    """
    facts = wheel.facts
    layout = Layout()
    info: list[tuple[str, str]] = []
    info_prefix = f"{facts.dist_info}/"
    skipped = {info_prefix + name for name in _OURS}
    data_prefix = f"{facts.data_directory}/" if facts.data_directory is not None else "\0"
    root = venv.site_packages + "/"
    for entry in facts.entries:
        path = entry.path
        if path.startswith(data_prefix):
            _lay_out_data(wheel, venv, entry, path.removeprefix(data_prefix), layout)
            continue
        if path.startswith(info_prefix):
            if path in skipped:
                continue
            info.append((path, root + path))
        else:
            layout.placed.append((path, root + path))
        layout.rows.append(_row(path, entry.digest, entry.size))
    layout.placed.extend(info)
    return layout


def _lay_out_data(wheel: StoredWheel, venv: Venv, entry: Entry, below: str, layout: Layout) -> None:
    scheme, _, path = below.partition("/")
    if scheme == "scripts":
        layout.scripts.append((entry, f"{venv.scripts}/{path}"))
        return
    if scheme in {"purelib", "platlib"}:
        goal = f"{venv.site_packages}/{path}"
    elif scheme == "headers":
        major, minor = venv.python
        goal = f"{venv.path}/include/site/python{major}.{minor}/{wheel.name}/{path}"
    elif scheme == "data":
        goal = f"{venv.path}/{path}"
    else:
        raise BrokenWheel(wheel.file.name, f"it has files of the unknown kind `{scheme}`")
    if not path:
        raise BrokenWheel(wheel.file.name, f"`{entry.path}` has no place")
    if _is_the_venvs(venv, goal):
        raise BrokenWheel(wheel.file.name, f"it would replace `{goal}` of the environment")
    layout.placed.append((entry.path, goal))
    layout.rows.append(_row(_from_site(venv, goal), entry.digest, entry.size))


def _is_the_venvs(venv: Venv, path: str) -> bool:
    if path.startswith(f"{venv.scripts}/python"):
        return "/" not in path[len(venv.scripts) + 1 :]
    name = path[len(venv.path) + 1 :]
    return name == "pyvenv.cfg" or name.startswith((".wheelright", "wheelright.json"))


class Placement(Struct, frozen=True):
    """A wheel to install: ``origin`` where it came from no index, ``requested`` by the user."""

    wheel: StoredWheel
    origin: Origin | None = None
    requested: bool = False


class Placer:
    """Puts wheels into one venv.

    Remembers the link mode that works (``mode`` is changed where the disks cannot do what was
    asked) and who placed which file, to tell of packages that bring the same one.
    """

    def __init__(
        self, venv: Venv, mode: LinkMode, warn: Callable[[str], None], arch: str = "x86_64"
    ) -> None:
        self._venv = venv
        self._warn = warn
        self._arch = arch
        self._owners: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self.mode: LinkMode = mode

    def place_all(self, coming: Sequence[Placement], done: Callable[[str], None]) -> None:
        """Install wheels whose predecessors are removed; ``done`` hears each name.

        Many files are placed by several threads: the system makes folders and links in one
        folder beside those in another. Wheels that bring the same file are placed in their order.
        Raises as :meth:`place`; what was begun is then finished, and nothing more is begun.
        """
        if sum(len(one.wheel.entries) for one in coming) < _FEW_FILES:
            for one in coming:
                self.place(one.wheel, origin=one.origin, requested=one.requested)
                done(one.wheel.name)
            return
        layouts = [lay_out(one.wheel, self._venv) for one in coming]
        shared = {
            name
            for one, layout in zip(coming, layouts, strict=True)
            for name in self._claim(one.wheel.name, layout)
        }
        pairs = list(zip(coming, layouts, strict=True))
        alone = [pair for pair in pairs if pair[0].wheel.name not in shared]
        alone.sort(key=lambda pair: -len(pair[1].placed))

        def place(pair: tuple[Placement, Layout]) -> None:
            one, layout = pair
            self._place(one, layout)
            done(one.wheel.name)

        for pair in [*alone[:1], *(pair for pair in pairs if pair[0].wheel.name in shared)]:
            place(pair)  # the first finds out how the disks can link
        run_all(place, alone[1:], _THREADS)

    def place(
        self, wheel: StoredWheel, *, origin: Origin | None = None, requested: bool = False
    ) -> None:
        """Install a wheel whose predecessor is removed.

        Raises :class:`BrokenWheel` and ``UsageError`` for a disk that is full or not writable.
        """
        layout = lay_out(wheel, self._venv)
        self._claim(wheel.name, layout)
        self._place(Placement(wheel, origin, requested), layout)

    def _place(self, one: Placement, layout: Layout) -> None:
        wheel, asked = one.wheel, self.mode
        scripts = self._scripts(wheel, layout)
        info = _info_files(one)
        record = f"{wheel.facts.dist_info}/RECORD"
        rows = [
            *layout.rows,
            *(
                _row(_from_site(self._venv, path), _digest(data), len(data))
                for path, data in scripts
            ),
            *(_row(path, _digest(data), len(data)) for path, data in info),
            f"{record},,",
        ]
        files.make_directory(f"{self._venv.site_packages}/{wheel.facts.dist_info}")
        self._write(record, ("\n".join(sorted(rows)) + "\n").encode())
        self.mode = place_tree(wheel.path, "", layout.placed, self.mode)
        if self.mode == "copy" and asked not in {"copy", self.mode}:
            self._warn(
                "The store and the environment do not share a file system that can link: files "
                "are copied. Choose another `--cache-dir`, or `--link-mode copy` to say so"
            )
        for path, data in scripts:
            self._write_script(path, data)
        for path, data in info:
            self._write(path, data)

    def _claim(self, name: str, layout: Layout) -> set[str]:
        """Note whose file is where; two packages with the same file are worth a warning.

        Returns the names of the packages that share files, this one among them.
        """
        owners = self._owners
        before = len(owners)
        for _, path in layout.placed:
            owners.setdefault(path, name)
        if len(owners) - before == len(layout.placed):
            return set()
        found: set[str] = set()
        for _, path in layout.placed:
            other = owners[path]
            if other != name:
                found.update((other, name))
            if other != name and (other, name) not in self._told:
                self._told.add((other, name))
                self._warn(
                    f"`{other}` and `{name}` both bring `{_from_site(self._venv, path)}`; "
                    f"the file of `{name}` is in place"
                )
            owners[path] = name
        return found

    def _scripts(self, wheel: StoredWheel, layout: Layout) -> list[tuple[str, bytes]]:
        """Return the scripts of a wheel: where they go, and what they hold."""
        executable = self._venv.executable
        made = []
        for entry, path in layout.scripts:
            data = files.read_bytes(f"{wheel.path}/{entry.path}")
            made.append((path, rewrite_script(executable, data) or data))
        for points, gui in ((wheel.facts.console_scripts, False), (wheel.facts.gui_scripts, True)):
            for point in points:
                path = f"{self._venv.scripts}/{point.name}"
                if self._venv.windows:
                    data = windows_launcher(executable, point, self._arch, gui=gui)
                    made.append((f"{path}.exe", data))
                else:
                    made.append((path, script_text(executable, point)))
        return made

    def _write_script(self, path: str, data: bytes) -> None:
        files.remove_file(path)
        if "/" in path[len(self._venv.scripts) + 1 :]:
            files.make_directory(os.path.dirname(path))  # noqa: PTH120 (text)
        files.create(path, [data], executable=True)

    def _write(self, path: str, data: bytes) -> None:
        goal = f"{self._venv.site_packages}/{path}"
        files.remove_file(goal)
        files.create(goal, [data])


def _info_files(one: Placement) -> list[tuple[str, bytes]]:
    """Return what the installer adds to the dist-info."""
    info = one.wheel.facts.dist_info
    added = [(f"{info}/INSTALLER", OURS.encode())]
    if one.requested:
        added.append((f"{info}/REQUESTED", b""))
    if one.origin is not None:
        added.append((f"{info}/direct_url.json", _direct_url(one.origin, one.wheel.sha256)))
    return added


def _direct_url(origin: Origin, sha256: str) -> bytes:
    import msgspec

    document: dict[str, object] = {"url": origin.url}
    if origin.subdirectory is not None:
        document["subdirectory"] = origin.subdirectory
    if origin.commit is not None:
        known = {} if origin.revision is None else {"requested_revision": origin.revision}
        document["vcs_info"] = {"vcs": "git", **known, "commit_id": origin.commit}
    elif origin.is_directory:
        document["dir_info"] = {"editable": True} if origin.editable else {}
    else:
        digest = origin.fingerprint or sha256
        document["archive_info"] = {"hashes": {"sha256": digest}}
    return msgspec.json.encode(document)


def _from_site(venv: Venv, path: str) -> str:
    if path.startswith(venv.site_packages + "/"):
        return path[len(venv.site_packages) + 1 :]
    return os.path.relpath(path, venv.site_packages).replace(os.sep, "/")


def _row(path: str, digest: str, size: int) -> str:
    if "," in path or '"' in path:
        path = '"' + path.replace('"', '""') + '"'
    return f"{path},sha256={digest},{size}"


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
