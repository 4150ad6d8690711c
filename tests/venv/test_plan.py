"""The plan: one reason per action, and nothing to do once it was done."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelright.store import File
from wheelright.venv import (
    Action,
    Installed,
    Origin,
    PlanOptions,
    Record,
    RecordedPackage,
    Wanted,
    anything_fits,
    make_plan,
)

HASH = "a" * 64
OTHER_HASH = "b" * 64
SDIST_HASH = "c" * 64
NEW = "app-1.0-cp312-cp312-manylinux_2_34_x86_64.whl"
OLD = "app-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
NEW_FILE = File(NEW, "", {"sha256": HASH})
OLD_FILE = File(OLD, "", {"sha256": OTHER_HASH})
MISFIT = "manylinux_2_34 does not fit x86_64-manylinux_2_17"


def low_floor(name: str, _needs: Any = None, /) -> str | None:
    return MISFIT if "manylinux_2_34" in name else None


def wanted(file: File | None = NEW_FILE, version: str | None = "1.0") -> Wanted:
    return Wanted("app", version, file, (NEW_FILE, OLD_FILE))


def installed(**changes: object) -> Installed:
    whole = Installed("app", "1.0", "app-1.0.dist-info", "wheelright")
    return replace(whole, **changes)  # type: ignore[arg-type]


def record(**changes: object) -> Record:
    package = {"name": "app", "version": "1.0", "file": NEW, "sha256": HASH, **changes}
    return Record(packages=(RecordedPackage(**package),))  # type: ignore[arg-type]


def test_what_is_not_there_is_installed() -> None:
    plan = make_plan([wanted()], [], None, anything_fits)
    assert plan.actions == (Action("install", "app", "1.0", "new", file=NEW, wanted=wanted()),)
    assert not plan.is_empty


def test_what_is_not_in_the_lock_is_removed_unless_inexact() -> None:
    there = installed(name="pip", version="24.0", installer="pip")
    plan = make_plan([], [there], None, anything_fits)
    assert plan.actions == (Action("remove", "pip", "24.0", "not in the lock", old=(there,)),)
    plan = make_plan([], [there], None, anything_fits, PlanOptions(inexact=True))
    assert plan.is_empty
    assert plan.kept == (there,)
    # What an interrupted sync left half removed goes even so.
    plan = make_plan([], [there], None, anything_fits, PlanOptions(inexact=True), pending={"pip"})
    assert [action.kind for action in plan.actions] == ["remove"]


def test_a_recorded_file_that_fits_stays_though_another_ranks_better() -> None:
    on_disk = record(file=OLD, sha256=OTHER_HASH)
    plan = make_plan([wanted(NEW_FILE)], [installed()], on_disk, low_floor)
    assert plan.is_empty
    assert plan.kept == (installed(),)


REPLACED = [
    pytest.param(
        wanted(OLD_FILE), installed(), record(), PlanOptions(), (), MISFIT, id="does-not-fit"
    ),
    pytest.param(
        wanted(OLD_FILE),
        installed(installer="uv", tags=("cp312-cp312-manylinux_2_34_x86_64",)),
        None,
        PlanOptions(),
        (),
        MISFIT,
        id="tags-do-not-fit",
    ),
    pytest.param(
        wanted(OLD_FILE),
        installed(installer="pip", tags=("cp312-cp312-manylinux_2_34_x86_64",)),
        record(file=OLD, sha256=OTHER_HASH),
        PlanOptions(),
        (),
        MISFIT,
        id="another-tool-reinstalled-it",
    ),
    pytest.param(
        wanted(version="2.0"), installed(), record(), PlanOptions(), (), "1.0 -> 2.0", id="version"
    ),
    pytest.param(
        wanted(),
        installed(),
        record(sha256="d" * 64),
        PlanOptions(),
        (),
        "the locked file has another hash",
        id="hash",
    ),
    pytest.param(
        wanted(),
        installed(problem="its RECORD is missing"),
        record(),
        PlanOptions(),
        (),
        "damaged: its RECORD is missing",
        id="damaged",
    ),
    pytest.param(
        wanted(),
        installed(),
        record(),
        PlanOptions(reinstall=True),
        (),
        "asked to reinstall",
        id="asked",
    ),
    pytest.param(
        wanted(),
        installed(),
        record(),
        PlanOptions(reinstall_packages=frozenset({"app"})),
        (),
        "asked to reinstall",
        id="asked-by-name",
    ),
    pytest.param(
        wanted(),
        installed(),
        record(),
        PlanOptions(),
        ("app",),
        "an earlier sync was interrupted",
        id="interrupted",
    ),
    pytest.param(
        wanted(),
        installed(direct_url="file:///src"),
        record(),
        PlanOptions(),
        (),
        "was not installed from an index",
        id="was-direct",
    ),
]


@pytest.mark.parametrize(("want", "there", "known", "options", "pending", "reason"), REPLACED)
def test_reasons_to_replace(
    want: Wanted,
    there: Installed,
    known: Record | None,
    options: PlanOptions,
    pending: tuple[str, ...],
    reason: str,
) -> None:
    plan = make_plan([want], [there], known, low_floor, options, pending)
    assert plan.actions == (
        Action(
            "reinstall",
            "app",
            want.version,
            reason,
            old_version="1.0",
            file=want.file.name if want.file else None,
            wanted=want,
            old=(there,),
        ),
    )


def test_a_package_installed_twice_is_made_one() -> None:
    both = (installed(), installed(version="0.9", dist_info="app-0.9.dist-info"))
    (action,) = make_plan([wanted()], both, record(), anything_fits).actions
    assert action.reason == "installed 2 times (1.0, 0.9)"
    assert action.old == both


def test_versions_that_differ_in_spelling_are_the_same() -> None:
    assert make_plan([wanted(version="1.0.0")], [installed()], record(), anything_fits).is_empty


def test_a_wheel_whose_inner_tag_disagrees_with_its_name_is_settled_by_the_record() -> None:
    there = installed(tags=("cp312-cp312-manylinux_2_34_x86_64",))
    known = record(file=OLD, sha256=OTHER_HASH)
    assert make_plan([wanted(OLD_FILE)], [there], known, low_floor).is_empty


def test_any_fitting_tag_of_many_will_do() -> None:
    tags = ("cp312-cp312-manylinux_2_34_x86_64", "cp312-cp312-manylinux_2_17_x86_64")
    assert make_plan([wanted()], [installed(tags=tags)], None, low_floor).is_empty


def test_what_another_tool_installed_without_tags_stays() -> None:
    assert make_plan([wanted()], [installed(installer="pip")], None, low_floor).is_empty


def test_the_tags_are_put_into_a_proper_file_name() -> None:
    seen: list[str] = []

    def fits(name: str, _needs: Any = None, /) -> None:
        seen.append(name)

    there = installed(name="a-b", version="1.0", tags=("py3-none-any",), installer=None)
    make_plan([Wanted("a-b", "1.0", NEW_FILE)], [there], None, fits)
    assert seen == ["a_b-1.0-py3-none-any.whl"]


def test_a_wheel_built_from_the_locked_sdist_stays() -> None:
    sdist = File("app-1.0.tar.gz", "", {"sha256": SDIST_HASH})
    want = Wanted("app", "1.0", sdist, (sdist,))
    known = record(file="app-1.0-py3-none-any.whl", source=SDIST_HASH)
    assert make_plan([want], [installed()], known, anything_fits).is_empty
    known = record(file="app-1.0-py3-none-any.whl", source=HASH)
    (action,) = make_plan([want], [installed()], known, anything_fits).actions
    assert action.reason == "the locked file has another hash"


def test_a_lock_without_sha256_compares_file_names() -> None:
    file = File(NEW, "", {"sha512": "e" * 128})
    want = Wanted("app", "1.0", file, (file,))
    assert make_plan([want], [installed()], record(), anything_fits).is_empty


SOURCE = Origin("file:///src", editable=True, fingerprint="1")


@pytest.mark.parametrize(
    ("origin", "there", "fingerprint", "reason"),
    [
        (SOURCE, installed(direct_url="file:///src/", editable=True), "1", None),
        (SOURCE, installed(direct_url="file:///src", editable=True), None, None),
        (SOURCE, installed(direct_url="file:///src", editable=True), "2", "its source changed"),
        (SOURCE, installed(direct_url="file:///src"), "1", "now editable"),
        (
            replace(SOURCE, editable=False),
            installed(direct_url="file:///src", editable=True),
            "1",
            "no longer editable",
        ),
        (
            SOURCE,
            installed(direct_url="file:///other", editable=True),
            "1",
            "its source is another one",
        ),
        (SOURCE, installed(), "1", "was not installed from its source"),
    ],
)
def test_sources_that_are_no_index(
    origin: Origin, there: Installed, fingerprint: str | None, reason: str | None
) -> None:
    want = Wanted("app", None, origin=origin)
    known = record(fingerprint=fingerprint, url=origin.url)
    plan = make_plan([want], [there], known, anything_fits)
    assert [action.reason for action in plan.actions] == ([] if reason is None else [reason])


def test_actions_are_sorted_by_name() -> None:
    names = ["zope", "b", "attrs"]
    plan = make_plan([Wanted(name, "1") for name in names], [installed()], None, anything_fits)
    assert [action.name for action in plan.actions] == ["app", "attrs", "b", "zope"]


NAMES = st.sampled_from(["a", "b", "c", "d"])
FILES = st.sampled_from(
    [NEW_FILE, OLD_FILE, File("app-1.0-py3-none-any.whl", "", {"sha256": HASH})]
)


@given(
    wanted_names=st.sets(NAMES),
    there=st.lists(
        st.builds(
            Installed,
            NAMES,
            st.sampled_from(["1.0", "2.0", None]),
            st.just("x.dist-info"),
            st.sampled_from(["wheelright", "pip", None]),
            st.sampled_from([(), ("cp312-cp312-manylinux_2_34_x86_64",), ("py3-none-any",)]),
            st.sampled_from([None, "file:///src"]),
            problem=st.sampled_from([None, "its RECORD is missing"]),
        ),
        max_size=5,
    ),
    file=FILES,
    inexact=st.booleans(),
    pending=st.sets(NAMES),
)
def test_carrying_out_a_plan_settles_it(
    wanted_names: set[str], there: list[Installed], file: File, inexact: bool, pending: set[str]
) -> None:
    """What is wanted is there afterwards, and the same question has an empty answer."""
    want = [Wanted(name, "1.0", file, (NEW_FILE, OLD_FILE, file)) for name in wanted_names]
    options = PlanOptions(inexact=inexact)
    fits = anything_fits if "manylinux_2_34" in file.name else low_floor
    plan = make_plan(want, there, None, fits, options, pending)
    touched = [action.name for action in plan.actions]
    assert len(touched) == len(set(touched))
    gone = {id(old) for action in plan.actions for old in action.old}
    assert gone.isdisjoint(id(package) for package in plan.kept)
    assert gone | {id(package) for package in plan.kept} == {id(package) for package in there}
    after = [*plan.kept]
    packages = []
    for action in plan.actions:
        if action.wanted is not None:
            after.append(Installed(action.name, "1.0", "y.dist-info", "wheelright"))
            packages.append(RecordedPackage(action.name, "1.0", file.name, file.hashes["sha256"]))
    assert wanted_names <= {package.name for package in after}
    if not inexact:
        assert wanted_names == {package.name for package in after}
    assert make_plan(want, after, Record(packages=tuple(packages)), fits, options).is_empty
