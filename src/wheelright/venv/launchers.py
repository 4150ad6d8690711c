"""One venv for each target, side by side: the table of them, and the programs that pick one.

``.venv/wheelright-venvs`` has one line for each kind of machine that a venv serves, the preferred
first: folder, system as ``uname -s`` says it, processor as ``uname -m`` does, ``glibc``, ``musl``
or ``-``, the floor as one number, and words for people. ``.venv/bin`` has a small POSIX shell
program for each name that any of the venvs has in its own ``bin``. It asks the machine what it is
(``uname``, ``getconf``; two or three milliseconds), and becomes the program of the first venv that
fits and is whole. On Windows, where no machine shares a venv with another system, ``NAME.cmd``
starts that of the first venv for Windows.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.outside import files
from wheelright.targets.platform import parse_platform
from wheelright.venv.guard import found_of, guard_facts, is_fit
from wheelright.venv.inspect import is_lock
from wheelright.venv.record import Record, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelright.targets.platform import Platform

TABLE_NAME = "wheelright-venvs"
#: What prints the path of the venv that fits, for shells to source its ``activate``.
PICKER_NAME = "wheelright-venv"
_SYSTEMS = {"linux": "Linux", "macos": "Darwin", "windows": "Windows", "ios": "iOS"}
# Programs of a shell, not of a machine: what they would set differs from venv to venv.
_SHELL_FILES = frozenset({"activate", "deactivate", "Activate", "pydoc"})
_IGNORE = "*\n"

_LAUNCHER = r"""#!/bin/sh
# Written by Wheelright: becomes the program of this name in the environment below that fits this
# machine. The first line of `wheelright-venvs` that matches decides.
self=$0
while [ -h "$self" ]; do
    to=$(readlink "$self")
    case $to in /*) self=$to ;; *) self=${self%/*}/$to ;; esac
done
case $self in */*) folder=${self%/*} ;; *) folder=. ;; esac
name=${self##*/}
root=$(cd "$folder/.." && pwd -P) || exit 126
system=$(uname -s)
cpu=$(uname -m)
case $cpu in armv*) cpu=arm ;; esac
libc=-
number=0
words=
case $system in
Linux)
    version=$(getconf GNU_LIBC_VERSION 2>/dev/null)
    case $version in
    glibc\ *) libc=glibc version=${version#glibc } ;;
    *)
        version=
        for loader in /lib/ld-musl-*; do
            if [ -e "$loader" ]; then libc=musl; fi
        done
        ;;
    esac
    words="$libc${version:+ $version}, $cpu"
    ;;
Darwin)
    version=$(sw_vers -productVersion 2>/dev/null)
    words="macOS $version, $cpu"
    ;;
*)
    version=
    words="$system, $cpu"
    ;;
esac
case $version in
[0-9]*.[0-9]*)
    minor=${version#*.}
    number=$((${version%%.*} * 1000 + ${minor%%[!0-9]*}))
    ;;
[0-9]*) number=$((${version%%[!0-9]*} * 1000)) ;;
esac
known=
broken=
while read -r place its_system its_cpu its_libc floor its_words <&3; do
    known="$known${known:+, }$its_words"
    [ "$its_system" = "$system" ] || continue
    [ "$its_cpu" = - ] || [ "$its_cpu" = "$cpu" ] || continue
    [ "$its_libc" = - ] || [ "$its_libc" = "$libc" ] || continue
    [ "$number" -eq 0 ] || [ "$floor" -le "$number" ] || continue
    if [ ! -x "$root/$place/bin/python" ]; then
        broken="$place has no Python on this machine"
    elif [ "$name" = wheelright-venv ]; then
        printf '%s\n' "$root/$place"
        exit 0
    elif [ -x "$root/$place/bin/$name" ]; then
        exec "$root/$place/bin/$name" "$@" 3<&-
    else
        broken="$place has no \`$name\`"
    fi
done 3<"$root/wheelright-venvs"
if [ -n "$broken" ]; then
    echo "wheelright: \`$root\`: $broken; \`wheelright sync\` on this machine mends it" >&2
    exit 127
fi
help='`wheelright sync --for native` makes one for it'
echo "wheelright: \`$root\` is for $known, and this machine is $words; $help" >&2
exit 126
"""

_ACTIVATE = r"""# Written by Wheelright, to be sourced: activates the environment that fits.
. "$({picker})/bin/activate"
"""


class SideVenv(Struct, frozen=True):
    """One of the venvs side by side: its folder's name, what it remembers, and whom it serves."""

    name: str
    record: Record
    facts: dict[str, Any]

    def fits(self, here: Platform) -> bool:
        """Whether a machine may use it."""
        return is_fit(self.facts, found_of(here))

    def whole(self, root: str) -> bool:
        """Whether its Python is there, on this machine."""
        return any(
            os.path.exists(f"{root}/{self.name}/{python}")  # noqa: PTH110 (text)
            for python in ("bin/python", "Scripts/python.exe")
        )


def is_side_root(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds venvs side by side, as Wheelright writes them."""
    return os.path.isfile(f"{os.fspath(path)}/{TABLE_NAME}")  # noqa: PTH113 (text)


def list_side_venvs(root: str, preferred: str | None = None) -> list[SideVenv]:
    """Find the venvs below a root, in the order in which they are picked.

    Those of the target ``preferred`` come first, then those that machines made for themselves,
    then other targets; among these the highest floor, for it is the nearest to the machine. The
    newest Python wins a tie. A folder without a record of what it is for is none of them.
    """
    found = []
    try:
        names = sorted(os.listdir(root))  # noqa: PTH208 (text)
    except (FileNotFoundError, NotADirectoryError):
        return []
    for name in names:
        record = read_record(f"{root}/{name}")
        facts = None if record is None else guard_facts(record, "warn")
        if record is not None and facts is not None:
            found.append(SideVenv(name, record, facts))

    def order(one: SideVenv) -> tuple[Any, ...]:
        major, minor = parse_platform(one.record.platform).floor or (0, 0)
        target = one.record.target
        python = tuple(-int(part) for part in one.record.python.split(".")[:2] if part.isdigit())
        other = target is None or target != preferred
        return other, target is not None, -major, -minor, python, one.name

    return sorted(found, key=order)


def side_name(target: str | None, platform: Platform, python: tuple[int, int]) -> str:
    """Return the folder's name of a venv: its target, or this machine's platform, and its Python.

    Names of several targets are joined by ``+``.
    """
    what = str(platform) if target is None else target.replace(",", "+")
    return f"{what}-py{python[0]}.{python[1]}"


def _table(venvs: Iterable[SideVenv]) -> str:
    lines = []
    for one in venvs:
        for system, cpu, libc, floor in one.facts["serves"]:
            machine = "arm64" if system == "macos" and cpu == "aarch64" else cpu
            number = 0 if floor is None else floor[0] * 1000 + floor[1]
            words = " ".join(one.facts["words"].split())
            row = (one.name, _SYSTEMS.get(system, system), machine or "-", libc or "-", number)
            lines.append(f"{' '.join(map(str, row))} {words}\n")
    return "".join(lines)


def write_launchers(root: str, venvs: Sequence[SideVenv]) -> None:
    """Write table and launchers of a root, and take launchers away that no venv has any more."""
    programs: dict[str, dict[str, bytes]] = {"bin": {}, "Scripts": {}}
    for one in venvs:
        for name in _programs(f"{root}/{one.name}/bin"):
            programs["bin"][name] = _LAUNCHER.encode()
        for name in _programs(f"{root}/{one.name}/Scripts"):
            stem, dot, ending = name.rpartition(".")
            if dot and ending.lower() == "exe":
                line = f'@"%~dp0..\\{one.name}\\Scripts\\{name}" %*\r\n'
                programs["Scripts"].setdefault(f"{stem}.cmd", line.encode())
    if programs["bin"]:
        programs["bin"][PICKER_NAME] = _LAUNCHER.encode()
        picker = _quoted(f"{root}/bin/{PICKER_NAME}")
        programs["bin"]["activate"] = _ACTIVATE.format(picker=picker).encode()
    _write(f"{root}/.gitignore", _IGNORE.encode())
    for folder, wanted in programs.items():
        _write_folder(f"{root}/{folder}", wanted)
    # Last: what the launchers go by appears when they are there.
    _write(f"{root}/{TABLE_NAME}", _table(venvs).encode())


def _write_folder(folder: str, wanted: dict[str, bytes]) -> None:
    there = _names(folder)
    if wanted:
        files.make_directory(folder)
    for name in there:
        if name not in wanted:
            files.remove_file(f"{folder}/{name}")
    for name, data in wanted.items():
        _write(f"{folder}/{name}", data, executable=name != "activate")


def _write(path: str, data: bytes, *, executable: bool = False) -> None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (speed)
            if file.read() == data:
                return
    except OSError:
        pass  # missing, or of another kind: written anew, where the error is told
    files.write_atomic(path, data, 0o755 if executable else None)


def _programs(folder: str) -> list[str]:
    return [
        name
        for name in _names(folder)
        if name.partition(".")[0] not in _SHELL_FILES
        and os.access(f"{folder}/{name}", os.X_OK)
        and not os.path.isdir(f"{folder}/{name}")  # noqa: PTH112 (text)
    ]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (text)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"


def mark_side_root(root: str) -> None:
    """Say of a folder that it holds venvs side by side, before the first of them is made."""
    if not is_side_root(root):
        files.make_directory(root)
        _write(f"{root}/{TABLE_NAME}", b"")


def _is_passing(name: str) -> bool:
    return is_lock(name) or files.is_temporary(name)


def clear_for(root: str, *, side: bool, keep: str = "") -> str | None:
    """Empty a place that holds the other kind: one venv where several shall be, or the reverse.

    ``keep`` is an entry that stays. Returns in words what was there, None where nothing was in the
    way. Raises ``UsageError`` for a folder that is neither.
    """
    single = os.path.isfile(f"{root}/pyvenv.cfg")  # noqa: PTH113 (text)
    several = not single and is_side_root(root)
    vacant = all(name == keep or _is_passing(name) for name in _names(root))
    if side and not (single or several or vacant):
        raise UsageError(
            f"`{root}` is no place for environments: it holds something else",
            where=root,
            hints=["move away what is in it"],
        )
    if not (single if side else several):
        return None
    # What tells what this is goes last, so that a kill in between leaves it in the way.
    last = "pyvenv.cfg" if single else TABLE_NAME
    for name in sorted(_names(root), key=lambda name: name == last):
        path = f"{root}/{name}"
        if name == keep or is_lock(name):
            continue
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 (text)
            files.remove_tree(path)
        else:
            files.remove_file(path)
    return "one environment" if single else "one environment for each target"
