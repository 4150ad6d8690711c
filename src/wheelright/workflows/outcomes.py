"""What the verbs answer: frozen values that ``console`` renders as text or as JSON.

Every field is a str, int, float, bool, ``None`` or a tuple of such, or another outcome, so that
a document for programs can be made of it without knowing the capabilities behind it.
Paths are text, absolute. Seconds are wall time. Names are normalized (PEP 503).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ActionKind = Literal["install", "remove", "reinstall"]


class Change(Struct, frozen=True):
    """One project whose locked versions changed: none before is new, none after is gone."""

    name: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


class LockedItem(Struct, frozen=True):
    """One package entry of the lock; a project may have several, with different markers.

    ``version`` is ``None`` for a source tree without a static one, ``marker`` where it always
    applies.
    """

    name: str
    version: str | None = None
    marker: str | None = None


class ServedItem(Struct, frozen=True):
    """A declared target of the lock: the Pythons it is served on, and those that are left out."""

    name: str
    platform: str
    pythons: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class LockOutcome(Struct, frozen=True):
    """What ``lock`` found.

    ``lock`` is the path of the lockfile. ``wrote`` says that its bytes changed on disk;
    ``stale_reason`` why the lock that was there was not current (``None``: it was, or there was
    none). ``resolved_count`` counts the packages that were resolved, 0 where nothing had to be.
    """

    lock: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    packages: tuple[LockedItem, ...] = ()
    targets: tuple[ServedItem, ...] = ()
    resolved_count: int = 0
    seconds: float = 0.0
    wrote: bool = False
    stale_reason: str | None = None


class Action(Struct, frozen=True):
    """One step of a plan, done or (with ``dry_run``) only planned.

    ``version`` is the version installed, or for a removal the version removed; ``old_version``
    the one that a reinstall replaces. ``file`` is the name of the wheel or sdist. ``reason`` says
    why, without a period ("manylinux_2_34 does not fit x86_64-manylinux_2_17").
    """

    kind: ActionKind
    name: str
    version: str | None = None
    old_version: str | None = None
    file: str | None = None
    reason: str = ""


class SyncOutcome(Struct, frozen=True):
    """What ``sync`` did to a venv. ``target`` is the platform it serves, as text.

    ``verified`` says that every file was compared with RECORD.
    """

    target: str
    environment_path: str
    actions: tuple[Action, ...] = ()
    unchanged: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    lock: LockOutcome | None = None
    verified: bool = False


class AddOutcome(Struct, frozen=True):
    """What ``add`` wrote: ``added`` are the requirements as they now stand in the project."""

    added: tuple[str, ...] = ()
    sync: SyncOutcome | None = None
    lock: LockOutcome | None = None


class RemoveOutcome(Struct, frozen=True):
    """What ``remove`` took out: ``removed`` are the requirements as they stood."""

    removed: tuple[str, ...] = ()
    sync: SyncOutcome | None = None
    lock: LockOutcome | None = None


class InitOutcome(Struct, frozen=True):
    """The project that ``init`` made: its directory, and the files relative to it."""

    path: str
    files: tuple[str, ...] = ()
    name: str = ""


class TreeNode(Struct, frozen=True):
    """One line of the tree.

    ``requirement`` is the specifier that asked for it ("" for any), ``repeated`` says that its
    children were shown before and are left out here. ``label`` tells which extra or group of the
    project a first-level dependency comes from ("extra: test", "group: dev").
    """

    name: str
    version: str | None = None
    extras: tuple[str, ...] = ()
    requirement: str = ""
    children: tuple[TreeNode, ...] = ()
    repeated: bool = False
    label: str = ""
    marker: str | None = None


class TreeOutcome(Struct, frozen=True):
    """What depends on what, from the roots (with ``--invert``, from the leaves up)."""

    roots: tuple[TreeNode, ...] = ()


class ExportOutcome(Struct, frozen=True):
    """The exported text, and the path it was written to (``None``: it goes to stdout)."""

    text: str
    output_file: str | None = None


class VenvOutcome(Struct, frozen=True):
    """The venv that was made: its directory, its full Python version and its interpreter."""

    path: str
    version: str
    executable: str


class FoundPython(Struct, frozen=True):
    """One interpreter: ``path`` of the executable, ``source`` where it was found ("PATH")."""

    version: str
    implementation: str
    path: str
    source: str = ""
    default: bool = False


class CacheReport(Struct, frozen=True):
    """What lies in the cache, or what was removed from it: files, and their size in bytes."""

    files: int
    bytes: int


class ListedTarget(Struct, frozen=True):
    """A target by its name. ``platform`` is the canonical name, ``description`` says it in words.

    ``pythons`` are the minors it runs, oldest first; ``python`` the specifier it was given. Both
    are empty for a platform that is only well known. ``default`` says that it is installed for
    where nothing else is asked.
    """

    name: str
    platform: str
    description: str
    python: str = ""
    pythons: tuple[str, ...] = ()
    file: str | None = None
    default: bool = False


class TargetListOutcome(Struct, frozen=True):
    """The targets that the project declares, and the names of platforms that are well known."""

    declared: tuple[ListedTarget, ...] = ()
    well_known: tuple[ListedTarget, ...] = ()


class ShownTarget(Struct, frozen=True):
    """All that follows from a target.

    ``kind`` says what the name is: of a declared target, of a platform, or of this machine.
    ``tags`` are those of wheels that fit, best first, and ``values`` the marker values, both for
    the Python ``shown_python`` of ``implementation``. ``libcs`` are those found on this machine.
    """

    target: ListedTarget
    kind: Literal["declared", "platform", "native"]
    shown_python: str
    implementation: str
    tags: tuple[str, ...]
    values: dict[str, str]
    libcs: tuple[str, ...] = ()


class DescribeOutcome(Struct, frozen=True):
    """The text of a target file, or of the script; and the path it was written to, if any."""

    text: str
    output_file: str | None = None


class TargetAddOutcome(Struct, frozen=True):
    """The target that was declared, and the target file that was written for it, if any."""

    target: ListedTarget
    written: str | None = None
    dry_run: bool = False


class BuiltFile(Struct, frozen=True):
    """A file that ``build`` made: ``size`` in bytes.

    For a wheel ``target`` is what it was built for, ``floor`` the platform it was measured to
    need and ``needs`` the highest symbol versions; None and empty for a pure one.
    """

    path: str
    name: str
    kind: str
    size: int
    sha256: str
    seconds: float
    target: str | None = None
    floor: str | None = None
    needs: tuple[str, ...] = ()


class BuildOutcome(Struct, frozen=True):
    """What ``build`` made, and how long it took."""

    files: tuple[BuiltFile, ...]
    seconds: float


LockState = Literal["current", "stale", "missing", "unreadable"]


class VenvNeed(Struct, frozen=True):
    """The highest version that binaries of a venv need: ``glibc 2.28`` for ``package``'s file."""

    words: str
    package: str
    path: str


class VenvStatus(Struct, frozen=True):
    """What a venv is for and how it stands.

    ``target`` is the name of what it was made for (``None``: the machine at hand), ``platform`` the
    canonical name, ``words`` both for people; all empty for a venv that another tool made.
    ``fits`` says whether this machine may use it (``None``: nobody knows), ``misfit`` why not and
    ``help`` what helps. ``need`` is the highest measured need, ``unmeasured`` the packages that
    nobody measured. ``install``, ``replace`` and ``remove`` name the packages that a sync would
    touch, ``reasons`` are the reasons that are worth telling (``NAME: WHY``). ``anew`` says why a
    sync would make the venv anew, ``problem`` why it cannot be used, ``refusal`` why a sync would
    be refused. ``picked`` says that ``run`` uses it here.
    """

    path: str
    target: str | None = None
    platform: str = ""
    words: str = ""
    python: str = ""
    packages: int = 0
    fits: bool | None = None
    misfit: str | None = None
    help: str | None = None
    need: VenvNeed | None = None
    unmeasured: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    anew: str | None = None
    problem: str | None = None
    refusal: str | None = None
    guard: str = "warn"
    picked: bool = True

    @property
    def differs(self) -> bool:
        """Whether a sync would do something."""
        return bool(self.install or self.replace or self.remove or self.anew)


class StatusOutcome(Struct, frozen=True):
    """How project, lock, venvs and machine stand to each other.

    ``project`` is the project's directory (``None``: there is none). ``lock`` is ``current``,
    ``stale``, ``missing`` or ``unreadable``, ``lock_reasons`` why. ``machine`` is this machine's
    platform, ``machine_words`` the same for people. ``default_target`` is that of the settings.
    """

    machine: str
    machine_words: str
    project: str | None = None
    name: str | None = None
    lock: LockState | None = None
    lock_reasons: tuple[str, ...] = ()
    default_target: str | None = None
    venvs: tuple[VenvStatus, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether lock and venv are as they should be, and fit this machine."""
        picked = [one for one in self.venvs if one.picked]
        return (
            self.lock in {None, "current"}
            and bool(picked)
            and not any(
                one.differs or one.problem or one.refusal or one.fits is False for one in picked
            )
        )
