"""What a venv remembers: what it is for, and which file each package came from.

``VENV/wheelright.json``, written atomically and last, after every file of a sync is in place. It
is JSON so that a few lines of standard library can read it on a machine without Wheelright.
A venv without a record, made by another tool, is judged by its ``WHEEL`` files and binaries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wheelright.outside import files
from wheelright.venv.errors import NewerRecord
from wheelright.venv.inspect import RECORD_NAME

if TYPE_CHECKING:
    from wheelright.venv.inspect import Venv

RECORD_SCHEMA = 1
OURS = "wheelright"
"""What INSTALLER says in the packages that we install."""


class RecordedPackage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an installed package came from.

    ``file`` and ``sha256`` are those of the installed wheel, ``tags`` those in its WHEEL.
    ``source`` is the SHA-256 of the sdist that the wheel was built from, ``url`` the local
    directory or address it came from instead of an index, ``fingerprint`` what its source looked
    like (any text that changes with it). ``needs`` is what its binaries were measured to need,
    as the store keeps it.

    A package that another tool installed has the name of that tool in ``installer`` (``""`` where
    it does not say) and what its RECORD looked like in ``seal``; ``file`` is then the name that
    its tags give, and ``sha256`` is empty, for nobody knows the file.
    """

    name: str
    version: str
    file: str
    sha256: str
    tags: tuple[str, ...] = ()
    source: str | None = None
    url: str | None = None
    editable: bool = False
    fingerprint: str | None = None
    needs: Any = None
    installer: str | None = None
    seal: str | None = None

    def is_of(self, installer: str | None) -> bool:
        """Whether it speaks of a package that says that this tool installed it."""
        if self.installer is None:
            return installer == OURS
        return self.installer == (installer or "")


class RecordedTarget(msgspec.Struct, frozen=True):
    """One of several targets that a venv serves with the same files: name and platform."""

    name: str
    platform: str


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a venv is for.

    ``target`` is the target's name (``None``: this machine), ``platform`` the platform's
    canonical name, ``python`` the full version, ``lock`` the digest of the lock that was
    installed, ``options`` what else decided (extras, groups) as plain text. ``setting`` is the
    project's ``default-target`` at that time, ``path`` where the venv lay. A venv for several
    targets has their names in ``target``, joined by commas, the lowest platform in ``platform``
    and all in ``targets``.
    """

    schema: int = msgspec.field(default=RECORD_SCHEMA)
    target: str | None = None
    platform: str = ""
    targets: tuple[RecordedTarget, ...] = ()
    setting: str | None = None
    path: str = ""
    python: str = ""
    lock: str = ""
    options: dict[str, str] = {}
    packages: tuple[RecordedPackage, ...] = ()

    def package(self, name: str) -> RecordedPackage | None:
        """Return what is recorded of the package with this normalized name."""
        return next((package for package in self.packages if package.name == name), None)


class _Head(msgspec.Struct):
    schema: int = 0


def read_record(venv: Venv | str) -> Record | None:
    """Read the record of a venv, or of the one at a path; ``None`` where there is none.

    What cannot be understood is no record. Raises :class:`NewerRecord` for one that a later
    version of Wheelright wrote.
    """
    path = venv if isinstance(venv, str) else venv.path
    try:
        with open(f"{path}/{RECORD_NAME}", "rb") as file:  # noqa: PTH123 (speed)
            data = file.read()
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema > RECORD_SCHEMA:
            raise NewerRecord(path, schema, RECORD_SCHEMA)
        if schema != RECORD_SCHEMA:
            return None
        return msgspec.json.decode(data, type=Record)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def write_record(venv: Venv, record: Record) -> None:
    """Write a venv's record, whole or not at all.

    What somebody said when it was made (a target, options) stands nowhere else: it is flushed to
    the disk. All else could be found out again; what a power cut may then do, see ``apply``.
    """
    # `omit_defaults` would leave out the schema, and the record must say it.
    document = {"schema": record.schema, **msgspec.to_builtins(record)}
    data = msgspec.json.format(msgspec.json.encode(document), indent=1)
    said = record.target is not None or bool(record.options)
    files.write_atomic(f"{venv.path}/{RECORD_NAME}", data + b"\n", lasting=said)
