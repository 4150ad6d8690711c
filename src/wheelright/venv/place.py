"""Putting a stored wheel into a venv: where each file goes, and the RECORD of it.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
#installing-a-wheel-distribution-1-0-py32-none-any-whl

RECORD comes first, and lists all that will follow: whatever a kill leaves of a package can then be
removed, even where it is not wanted any more. That it is not whole is said by the journal
(``apply``).
"""

from __future__ import annotations

import errno
import hashlib
import os
from base64 import urlsafe_b64encode
from bisect import bisect_left
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from wheelright.outside import files
from wheelright.outside.threads import run_all
from wheelright.outside.trees import LinkMode, place_tree
from wheelright.store import BrokenWheel, Entry, StoredWheel
from wheelright.venv.record import OURS
from wheelright.venv.scripts import rewrite_script, script_text, windows_launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelright.venv.inspect import Venv
    from wheelright.venv.plan import Origin

# The installer writes these itself, whatever the wheel brings.
_OURS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s")

# Fewer are placed sooner by one thread.
_FEW_FILES = 1_000
_THREADS = 2
# A wheel with more files is placed in parts, so that no thread waits for one large wheel.
_FILES_OF_A_PART = 250

_path: Final = attrgetter("path")


class Layout(Struct, frozen=True):
    """Where the files of one wheel go.

    ``inside`` go to the same paths below site-packages, ``info`` of the dist-info too, once all
    others are there. ``elsewhere`` are entries and where they go, absolute. ``scripts`` are entries
    and the paths of the scripts made of them.
    """

    inside: Sequence[Entry] = ()
    info: Sequence[Entry] = ()
    elsewhere: list[tuple[Entry, str]] = field(default_factory=list)
    scripts: list[tuple[Entry, str]] = field(default_factory=list)

    def places(self, venv: Venv) -> list[str]:
        """Return where the files go, all but the scripts, as RECORD names the places."""
        below = [entry.path for entries in (self.inside, self.info) for entry in entries]
        return [*below, *(_from_site(venv, path) for _, path in self.elsewhere)]

    def tops(self, venv: Venv) -> set[str]:
        """Name what it puts into site-packages itself, and each file that goes elsewhere.

        Two wheels bring the same file only if they have one of these in common.
        """
        others = [_from_site(venv, path) for _, path in self.elsewhere]
        outside = {name if name.startswith("../") else name.partition("/")[0] for name in others}
        return {*_tops(self.inside), *_tops(self.info), *outside}


def _tops(entries: Sequence[Entry]) -> Iterator[str]:
    """Name the files and folders that entries, which are sorted by path, put into one folder."""
    at = 0
    while at < len(entries):
        top, slash, _ = entries[at].path.partition("/")
        yield top
        # What is below a folder stands together, and "0" follows the slash.
        at = bisect_left(entries, f"{top}0", at, key=_path) if slash else at + 1


def lay_out(wheel: StoredWheel, venv: Venv) -> Layout:
    """Work out where a wheel's files go; nothing is written.

    Raises :class:`BrokenWheel` for a scheme that is not known and for a path that is the venv's.
    """
    facts = wheel.facts
    prefix = f"{facts.dist_info}/"
    skipped = {prefix + name for name in _OURS}
    inside, info = _without(facts.entries, prefix)
    info = [entry for entry in info if entry.path not in skipped]
    if facts.data_directory is None:
        return Layout(inside, info)
    prefix = f"{facts.data_directory}/"
    inside, data = _without(inside, prefix)
    layout = Layout(inside, info)
    for entry in data:
        _lay_out_data(wheel, venv, entry, entry.path.removeprefix(prefix), layout)
    return layout


def _without(entries: Sequence[Entry], prefix: str) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Tell the entries below a folder (``prefix``) from all others; they are sorted by path."""
    begin = bisect_left(entries, prefix, key=_path)
    end = begin
    while end < len(entries) and entries[end].path.startswith(prefix):
        end += 1
    return [*entries[:begin], *entries[end:]], entries[begin:end]


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
    layout.elsewhere.append((entry, goal))


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


class _Arriving:
    """A wheel on its way in. ``scripts`` and ``info`` are what is written for it: path, content."""

    def __init__(self, placement: Placement, layout: Layout) -> None:
        self.placement = placement
        self.layout = layout
        self.scripts: list[tuple[str, bytes]] = []
        self.info: list[tuple[str, bytes]] = []
        self._left = -(-len(layout.inside) // _FILES_OF_A_PART)
        self._counting = Lock()

    @property
    def name(self) -> str:
        return self.placement.wheel.name

    def parts(self) -> Iterator[Sequence[Entry]]:
        """Yield the files that go straight into site-packages, some at a time."""
        inside = self.layout.inside
        for begin in range(0, len(inside), _FILES_OF_A_PART):
            yield inside[begin : begin + _FILES_OF_A_PART]

    def is_last_part(self) -> bool:
        """Count a part that is placed; whether all are."""
        with self._counting:
            self._left -= 1
            return self._left == 0


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
        self._tops: set[str] = set()
        self._apart: list[tuple[str, Layout]] = []  # not in `_owners` yet: nobody came near them
        self._told: set[tuple[str, str]] = set()
        self._changing = Lock()
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
        arriving = [_Arriving(each, lay_out(each.wheel, self._venv)) for each in coming]
        shared = {name for each in arriving for name in self._claim(each.name, each.layout)}
        alone = [each for each in arriving if each.name not in shared]
        alone.sort(key=lambda one: -len(one.layout.inside))
        large = [one for one in alone if len(one.layout.inside) > _FILES_OF_A_PART]

        def place(one: _Arriving) -> None:
            self._place(one)
            done(one.name)

        def begin(one: _Arriving) -> None:
            if one in large:
                self._begin(one)
            else:
                place(one)

        def place_part(part: tuple[_Arriving, Sequence[Entry]]) -> None:
            one, entries = part
            self._link(one, _same(entries))
            if one.is_last_part():
                self._complete(one)
                done(one.name)

        for each in arriving:
            if each.name in shared:
                place(each)
        run_all(begin, alone, _THREADS)
        parts = [(one, part) for one in large for part in one.parts()]
        run_all(place_part, parts, _THREADS)

    def place(
        self, wheel: StoredWheel, *, origin: Origin | None = None, requested: bool = False
    ) -> None:
        """Install a wheel whose predecessor is removed.

        Raises :class:`BrokenWheel` and ``UsageError`` for a disk that is full or not writable.
        """
        one = _Arriving(Placement(wheel, origin, requested), lay_out(wheel, self._venv))
        self._claim(wheel.name, one.layout)
        self._place(one)

    def _place(self, one: _Arriving) -> None:
        self._begin(one)
        self._link(one, _same(one.layout.inside))
        self._complete(one)

    def _begin(self, one: _Arriving) -> None:
        """Write RECORD, of all that will follow."""
        facts, layout, venv = one.placement.wheel.facts, one.layout, self._venv
        one.scripts = self._scripts(one.placement.wheel, layout)
        one.info = _info_files(one.placement)
        record = f"{facts.dist_info}/RECORD"
        rows = [
            *_rows(layout.inside),
            *_rows(layout.info),
            *(
                _row(_from_site(venv, path), entry.digest, entry.size)
                for entry, path in layout.elsewhere
            ),
            *(_row(_from_site(venv, path), _digest(data), len(data)) for path, data in one.scripts),
            *(_row(path, _digest(data), len(data)) for path, data in one.info),
            f"{record},,",
        ]
        files.make_directory(f"{venv.site_packages}/{facts.dist_info}")
        rows.sort()
        _write(f"{venv.site_packages}/{record}", ("\n".join(rows) + "\n").encode())

    def _complete(self, one: _Arriving) -> None:
        """Place what comes after the files that go straight into site-packages."""
        layout = one.layout
        if layout.elsewhere:
            self._link(one, [(entry.path, path) for entry, path in layout.elsewhere], "")
        self._link(one, _same(layout.info))
        for path, data in one.scripts:
            if "/" in path[len(self._venv.scripts) + 1 :]:
                files.make_directory(os.path.dirname(path))  # noqa: PTH120 (text)
            _write(path, data, executable=True)
        for path, data in one.info:
            _write(f"{self._venv.site_packages}/{path}", data)

    def _link(
        self, one: _Arriving, pairs: Iterable[tuple[str, str]], goal: str | None = None
    ) -> None:
        asked = self.mode
        below = self._venv.site_packages if goal is None else goal
        mode = place_tree(one.placement.wheel.path, below, pairs, asked)
        if mode == asked:
            return
        with self._changing:
            first, self.mode = self.mode != mode, mode
        if first and mode == "copy":
            self._warn(
                "The store and the environment do not share a file system that can link: files "
                "are copied. Choose another `--cache-dir`, or `--link-mode copy` to say so"
            )

    def _claim(self, name: str, layout: Layout) -> set[str]:
        """Note whose file is where; two packages with the same file are worth a warning.

        Returns the names of the packages that share files, this one among them.
        """
        tops = layout.tops(self._venv)
        apart = self._tops.isdisjoint(tops)
        self._tops |= tops
        if apart:
            self._apart.append((name, layout))
            return set()
        owners = self._owners
        for other, theirs in self._apart:
            owners.update(dict.fromkeys(theirs.places(self._venv), other))
        self._apart.clear()
        places = layout.places(self._venv)
        found: set[str] = set()
        for path in places:
            other = owners.get(path, name)
            if other != name:
                found.update((other, name))
            if other != name and (other, name) not in self._told:
                self._told.add((other, name))
                self._warn(
                    f"`{other}` and `{name}` both bring `{path}`; the file of `{name}` is in place"
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


def _write(path: str, data: bytes, *, executable: bool = False) -> None:
    """Write a file; what is in the way makes room, and is not written through."""
    try:
        files.create_whole(path, data, executable=executable)
    except files.DiskError as error:
        if error.errno != errno.EEXIST:
            raise
        files.remove_file(path)
        files.create_whole(path, data, executable=executable)


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


def _same(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Pair the paths of entries with where they go, which is the same below site-packages."""
    paths = [entry.path for entry in entries]
    return list(zip(paths, paths, strict=True))


def _from_site(venv: Venv, path: str) -> str:
    if path.startswith(venv.site_packages + "/"):
        return path[len(venv.site_packages) + 1 :]
    return os.path.relpath(path, venv.site_packages).replace(os.sep, "/")


def _rows(entries: Sequence[Entry]) -> list[str]:
    """Return the lines of RECORD for files that go to the same paths below site-packages."""
    rows = [f"{entry.path},sha256={entry.digest},{entry.size}" for entry in entries]
    text = "".join(rows)
    if '"' in text or text.count(",") != 2 * len(rows):
        return [_row(entry.path, entry.digest, entry.size) for entry in entries]
    return rows


def _row(path: str, digest: str, size: int) -> str:
    if "," in path or '"' in path:
        path = '"' + path.replace('"', '""') + '"'
    return f"{path},sha256={digest},{size}"


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
