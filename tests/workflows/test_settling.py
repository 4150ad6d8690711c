"""Any wheel is settled by one sync: whatever its tags say, a second plan is empty."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.venvs import this_interpreter
from support.wheels import make_wheel
from wheelright.outside.reporting import Silent
from wheelright.store import File, Store
from wheelright.targets import marker_values, parse_platform
from wheelright.venv import (
    Record,
    Wanted,
    apply_plan,
    create_venv,
    list_installed,
    make_plan,
    measure_needs,
    next_packages,
    read_record,
)
from wheelright.workflows.aims import Aim

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.store import StoredWheel
    from wheelright.venv import Installed, Plan, Venv

PYTHONS = st.sampled_from(["py3", "py2.py3", "cp311", "cp37", "py311", "cp312", "pp310", "x"])
ABIS = st.sampled_from(["none", "abi3", "cp311", "cp312", "cp311.abi3", "odd_abi"])
PLATFORMS = st.sampled_from(
    [
        "any",
        "linux_x86_64",
        "manylinux_2_34_x86_64",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "manylinux1_x86_64",
        "musllinux_1_2_x86_64",
        "manylinux_2_17_aarch64",
        "win_amd64",
        "macosx_10_9_universal2",
        "nonsense",
    ]
)
TAGS = st.builds("{}-{}-{}".format, PYTHONS, ABIS, PLATFORMS)
TARGETS = st.sampled_from(
    [
        None,
        "x86_64-manylinux_2_17",
        "x86_64-manylinux_2_34",
        "windows",
        "macos",
        "aarch64-musllinux_1_2",
    ]
)


@dataclass(frozen=True)
class Look:
    """Looks at a venv as a sync does."""

    venv: Venv
    aim: Aim

    def needs(self, installed: Installed) -> Any:
        return measure_needs(self.venv, installed)

    def why_not(self, needs: Any) -> str | None:
        return self.aim.why_not_needs(needs)


def aim_for(name: str | None) -> Aim:
    python = this_interpreter()
    platform = python.platform if name is None else parse_platform(name)
    tags = python.tags if name is None else python.tags_for(platform)
    return Aim(name, platform, tags, marker_values(platform, python.version))


def odd_wheel(tag: str, inner: str) -> tuple[str, bytes]:
    """Make a wheel whose name says one tag and whose WHEEL says another."""
    name, data = make_wheel("app", "1.0", tag=inner)
    return re.sub(r"(?<=1\.0-).*(?=\.whl)", tag, name), data


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    tag=TAGS,
    inner=TAGS,
    there=st.none() | TAGS,
    installer=st.sampled_from(["pip", "uv", "wheelright", None]),
    target=TARGETS,
)
def test_one_sync_settles_any_wheel(
    tmp_path_factory: Any,
    tag: str,
    inner: str,
    there: str | None,
    installer: str | None,
    target: str | None,
) -> None:
    root: Path = tmp_path_factory.mktemp("settling")
    store = Store(root / "cache", Silent())
    venv = create_venv(root / "venv", this_interpreter())
    aim = aim_for(target)
    if there is not None:
        before = _stored(store, *odd_wheel(there, there))
        plan = make_plan([_wanted(before)], (), None, aim.why_not)
        _apply(venv, plan, before)
        (found,) = list_installed(venv)
        info = f"{venv.site_packages}/{found.dist_info}/INSTALLER"
        (root / "venv" / "wheelright.json").unlink()
        with open(info, "w", encoding="utf-8") as file:  # noqa: PTH123 (text)
            file.write(installer or "")
    wheel = _stored(store, *odd_wheel(tag, inner))
    plan = _plan(venv, aim, wheel)
    _apply(venv, plan, wheel)
    again = _plan(venv, aim, wheel)
    assert again.actions == ()
    assert next_packages(read_record(venv), again, {}) == _record(venv).packages


def _stored(store: Store, name: str, data: bytes) -> StoredWheel:
    return store.add(File(name, "", {"sha256": hashlib.sha256(data).hexdigest()}), [data])


def _wanted(wheel: StoredWheel) -> Wanted:
    return Wanted("app", "1.0", wheel.file, (wheel.file,))


def _plan(venv: Venv, aim: Aim, wheel: StoredWheel) -> Plan:
    return make_plan(
        [_wanted(wheel)],
        list_installed(venv, check_files=True),
        read_record(venv),
        aim.why_not,
        look=Look(venv, aim),
    )


def _apply(venv: Venv, plan: Plan, wheel: StoredWheel) -> None:
    wheels = {"app": wheel}
    record = Record(packages=next_packages(read_record(venv), plan, wheels))
    apply_plan(venv, plan, wheels, record, Silent())


def _record(venv: Venv) -> Record:
    found = read_record(venv)
    assert found is not None
    return found
