"""Virtual environments: make, inspect, plan, change and remember them.

Must live here: creating a venv without pip, reading one without running it, the plan of a sync
(pure), carrying it out so that a kill is repaired, the record of what the venv is for, and the
stamp that lets ``start`` answer when nothing changed. Must not live here: choosing versions and
files (``lockfile``, ``targets``), fetching (``index``), finding Pythons (``interpreters``).
What else changes with it: ``start`` reads the stamp with code of its own (it may import nothing),
so a change of the stamp's form changes both; the record's schema is read by guards on machines
without Wheelright.

The names are imported when they are first asked for: no command needs all of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.venv.adopt import measure_needs
    from wheelright.venv.apply import (
        ApplyOptions,
        apply_plan,
        lock_venv,
        next_packages,
        read_pending,
        sweep,
    )
    from wheelright.venv.create import create_venv
    from wheelright.venv.damage import with_damage
    from wheelright.venv.errors import BrokenVenv, NewerRecord, NotAVenv, PathOutsideVenv
    from wheelright.venv.guard import (
        guard_facts,
        guard_files,
        guard_is_current,
        has_guard,
        write_guard,
    )
    from wheelright.venv.inspect import Installed, Venv, find_venv, list_installed
    from wheelright.venv.plan import (
        Action,
        Origin,
        Plan,
        PlanOptions,
        Wanted,
        anything_fits,
        make_plan,
    )
    from wheelright.venv.record import (
        Record,
        RecordedPackage,
        RecordedTarget,
        read_record,
        write_record,
    )
    from wheelright.venv.stamp import FileState, observe, remove_stamp, write_stamp
else:
    from wheelright import loading

    _PLACES = {
        "Action": "plan",
        "ApplyOptions": "apply",
        "BrokenVenv": "errors",
        "FileState": "stamp",
        "Installed": "inspect",
        "NewerRecord": "errors",
        "NotAVenv": "errors",
        "Origin": "plan",
        "PathOutsideVenv": "errors",
        "Plan": "plan",
        "PlanOptions": "plan",
        "Record": "record",
        "RecordedPackage": "record",
        "RecordedTarget": "record",
        "Venv": "inspect",
        "Wanted": "plan",
        "anything_fits": "plan",
        "apply_plan": "apply",
        "create_venv": "create",
        "find_venv": "inspect",
        "guard_facts": "guard",
        "guard_files": "guard",
        "guard_is_current": "guard",
        "has_guard": "guard",
        "list_installed": "inspect",
        "lock_venv": "apply",
        "make_plan": "plan",
        "measure_needs": "adopt",
        "next_packages": "apply",
        "observe": "stamp",
        "read_pending": "apply",
        "read_record": "record",
        "remove_stamp": "stamp",
        "sweep": "apply",
        "with_damage": "damage",
        "write_guard": "guard",
        "write_record": "record",
        "write_stamp": "stamp",
    }

    __getattr__ = loading(__name__, _PLACES)


__all__ = [
    "Action",
    "ApplyOptions",
    "BrokenVenv",
    "FileState",
    "Installed",
    "NewerRecord",
    "NotAVenv",
    "Origin",
    "PathOutsideVenv",
    "Plan",
    "PlanOptions",
    "Record",
    "RecordedPackage",
    "RecordedTarget",
    "Venv",
    "Wanted",
    "anything_fits",
    "apply_plan",
    "create_venv",
    "find_venv",
    "guard_facts",
    "guard_files",
    "guard_is_current",
    "has_guard",
    "list_installed",
    "lock_venv",
    "make_plan",
    "measure_needs",
    "next_packages",
    "observe",
    "read_pending",
    "read_record",
    "remove_stamp",
    "sweep",
    "with_damage",
    "write_guard",
    "write_record",
    "write_stamp",
]
