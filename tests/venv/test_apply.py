"""Plans carried out: whole, interrupted at every step, and settled afterwards."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from support.venvs import Listening, put_wheel, this_interpreter, tree_of
from wheelright.errors import UsageError
from wheelright.store import File, StoredWheel
from wheelright.venv import (
    Action,
    ApplyOptions,
    NewerRecord,
    Origin,
    Plan,
    Record,
    RecordedPackage,
    Venv,
    Wanted,
    anything_fits,
    apply_plan,
    create_venv,
    find_venv,
    list_installed,
    lock_venv,
    make_plan,
    next_packages,
    read_pending,
    read_record,
    write_record,
)
from wheelright.venv import place as placing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.store import Store


def _sync(
    path: str, wheels: Sequence[StoredWheel], options: ApplyOptions | None = None
) -> tuple[Plan, Listening]:
    """Do what a sync does, once the wheels are there."""
    reporter = Listening()
    with lock_venv(path, reporter):
        venv = find_venv(path)
        assert venv is not None
        previous = read_record(venv)
        wanted = [Wanted(w.name, w.version, w.file, (w.file,)) for w in wheels]
        plan = make_plan(
            wanted, list_installed(venv), previous, anything_fits, pending=read_pending(venv)
        )
        by_name = {wheel.name: wheel for wheel in wheels}
        record = Record(platform="x", packages=next_packages(previous, plan, by_name))
        apply_plan(venv, plan, by_name, record, reporter, options or ApplyOptions())
    return plan, reporter


def test_a_sync_and_its_repetition(venv: Venv, store: Store) -> None:
    one, two = put_wheel(store, "one"), put_wheel(store, "two")
    plan, reporter = _sync(venv.path, [one, two])
    assert [(a.kind, a.name) for a in plan.actions] == [("install", "one"), ("install", "two")]
    assert reporter.steps == ["install 1 one", "install 1 two"]
    record = read_record(venv)
    assert record is not None
    assert record.package("one") == RecordedPackage(
        "one", "1.0", one.file.name, one.sha256, ("py3-none-any",), needs=one.facts.needs
    )
    before = tree_of(venv.path)
    plan, _ = _sync(venv.path, [one, two])
    assert plan.is_empty
    assert tree_of(venv.path) == before
    plan, _ = _sync(venv.path, [two, put_wheel(store, "three")])
    assert [(a.kind, a.name) for a in plan.actions] == [("remove", "one"), ("install", "three")]
    record = read_record(venv)
    assert record is not None
    assert [package.name for package in record.packages] == ["three", "two"]
    assert read_pending(venv) == frozenset()


def test_a_file_that_moves_from_one_package_to_another_stays(venv: Venv, store: Store) -> None:
    _sync(venv.path, [put_wheel(store, "z", files={"shared.py": "z"})])
    _sync(venv.path, [put_wheel(store, "a", files={"shared.py": "a"})])
    assert Path(venv.site_packages, "shared.py").read_text() == "a"


def test_what_the_record_says_of_builds_and_sources(store: Store) -> None:
    wheel = put_wheel(store, "app")
    sdist = File("app-1.0.tar.gz", "", {"sha256": "c" * 64})
    built = Action("install", "app", "1.0", "new", wanted=Wanted("app", "1.0", sdist, (sdist,)))
    (package,) = next_packages(None, Plan((built,)), {"app": wheel})
    assert (package.file, package.source) == (wheel.file.name, "c" * 64)
    origin = Origin("file:///src", editable=True, fingerprint="f")
    local = Action("install", "app", None, "new", wanted=Wanted("app", None, origin=origin))
    (package,) = next_packages(None, Plan((local,)), {"app": wheel})
    assert (package.version, package.url, package.editable, package.fingerprint) == (
        "1.0",
        "file:///src",
        True,
        "f",
    )


def test_what_another_tool_installed_over_ours_is_replaced(venv: Venv, store: Store) -> None:
    wheel = put_wheel(store, "app")
    _sync(venv.path, [wheel])
    Path(venv.site_packages, wheel.facts.dist_info, "INSTALLER").write_text("pip\n")
    plan, _ = _sync(venv.path, [wheel])
    assert [action.reason for action in plan.actions] == ["pip installed it anew"]
    record = read_record(venv)
    assert record is not None
    assert [package.installer for package in record.packages] == [None]


def test_bytecode_on_request(venv: Venv, store: Store) -> None:
    files = {"app/__init__.py": "x = 1\n", "app/template.py": "{{ no python }}\n", "b.py": ""}
    _, reporter = _sync(
        venv.path, [put_wheel(store, "app", files=files)], ApplyOptions(compile_bytecode=True)
    )
    tag = sys.implementation.cache_tag
    compiled = {path for path in tree_of(venv.site_packages) if path.endswith(".pyc")}
    assert compiled == {f"app/__pycache__/__init__.{tag}.pyc", f"__pycache__/b.{tag}.pyc"}
    assert len(reporter.debugs) == 1
    assert reporter.debugs[0].startswith("Some files could not be compiled: ")


@pytest.mark.parametrize(
    ("record", "flushed"),
    [
        (Record(platform="x"), False),
        (Record(platform="x", target="plc"), True),
        (Record(platform="x", options={"extras": "a"}), True),
    ],
)
def test_what_stands_in_the_record_alone_is_flushed_to_the_disk(
    record: Record, venv: Venv, monkeypatch: pytest.MonkeyPatch, *, flushed: bool
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    write_record(venv, record)
    assert bool(calls) is flushed
    assert read_record(venv) == record


def test_records_of_older_schemas_and_junk_are_no_records(venv: Venv) -> None:
    path = Path(venv.path, "wheelright.json")
    whole = Record(target="plc", platform="x86_64-manylinux_2_17", options={"extras": "a"})
    write_record(venv, whole)
    assert read_record(venv) == whole
    for text in ("", "[]", "{}", '{"schema": 0}', '{"schema": 1, "packages": 3}', "\xff"):
        path.write_text(text, encoding="latin-1")
        assert read_record(venv) is None


def test_a_record_of_a_newer_schema_is_said_and_not_misread(venv: Venv) -> None:
    path = Path(venv.path, "wheelright.json")
    path.write_text('{"schema": 99, "target": {"name": "plc"}}')
    with pytest.raises(NewerRecord) as caught:
        read_record(venv)
    assert caught.value.message == "the environment was last changed by a newer Wheelright"
    assert caught.value.where == str(path)
    assert caught.value.details == ("its record has schema 99, and this Wheelright reads up to 1",)
    assert caught.value.hints == (
        "upgrade Wheelright",
        f"or make it again with `wheelright venv --clear {venv.path}`",
    )


@pytest.mark.parametrize("text", ["", "[1]", '{"packages": 1}', "{}", "\xff"])
def test_a_journal_that_makes_no_sense_is_none(venv: Venv, text: str) -> None:
    Path(venv.path, ".wheelright-pending").write_text(text, encoding="latin-1")
    assert read_pending(venv) == frozenset()


@pytest.mark.parametrize("name", [".wheelright-pending", "wheelright.json"])
@pytest.mark.parametrize("text", ["", "\0\0\0"])
def test_what_a_power_cut_emptied_names_every_package(
    venv: Venv, store: Store, name: str, text: str
) -> None:
    wheels = [put_wheel(store, "one"), put_wheel(store, "two")]
    _sync(venv.path, wheels)
    whole = tree_of(venv.path)
    for lost in ("one/__init__.py", "one-1.0.dist-info/RECORD"):
        path = Path(venv.site_packages, lost)
        path.unlink()
        path.write_text("")
    Path(venv.path, name).write_text(text)
    assert read_pending(venv) == {"one", "two"}
    assert [action.name for action in _sync(venv.path, wheels)[0].actions] == ["one", "two"]
    assert tree_of(venv.path) == whole
    assert read_pending(venv) == frozenset()
    assert _sync(venv.path, wheels)[0].is_empty


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_venv_that_cannot_be_written(venv: Venv, store: Store) -> None:
    Path(venv.path).chmod(0o555)
    with pytest.raises(UsageError, match="permission denied"):
        _sync(venv.path, [put_wheel(store, "app")])
    Path(venv.path).chmod(0o755)


_CHANGES = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}


def _killed_after(steps: int, path: str, wheels: Sequence[StoredWheel]) -> bool:
    """Sync in a process that dies at its nth change of the disk; tells whether it did."""
    child = os.fork()
    if child == 0:
        left = steps

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event not in _CHANGES:
                return
            if event == "open" and not int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR):
                return
            left -= 1
            if left < 0:
                os._exit(9)

        _in_child(count, path, wheels)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}
    return code == 9


def _in_child(count: object, path: str, wheels: Sequence[StoredWheel]) -> NoReturn:
    code = 1
    try:
        sys.addaudithook(count)  # type: ignore[arg-type]
        _sync(path, wheels)
        code = 0
    finally:
        os._exit(code)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_kill_at_any_step_is_repaired_by_the_next_sync(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """A sync that changes, adds and removes is killed at each change of the disk in turn."""
    if threads > 1:
        monkeypatch.setattr(placing, "_FEW_FILES", 0)
        monkeypatch.setattr(placing, "_FILES_OF_A_PART", 1)
    scripts = {"tool": "a:main"}
    old = [
        put_wheel(store, "a", "1.0", files={"a.py": "1", "a_old.py": ""}, scripts=scripts),
        put_wheel(store, "kept", files={"kept.py": ""}),
        put_wheel(store, "gone", files={"shared.py": "gone", "gone/x.py": ""}),
    ]
    new = [
        put_wheel(store, "a", "2.0", files={"a.py": "2", "a_new.py": ""}, scripts=scripts),
        old[1],
        put_wheel(store, "c", files={"shared.py": "c"}),
    ]
    path = tmp_path / "venv"
    create_venv(path, this_interpreter())
    _sync(str(path), new)
    fresh = tree_of(path)
    shutil.rmtree(path)
    create_venv(path, this_interpreter())
    _sync(str(path), old)
    start = tmp_path / "start"
    path.rename(start)
    for steps in range(1000):
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(start, path, symlinks=True)
        killed = _killed_after(steps, str(path), new)
        _sync(str(path), new)
        left = {name: data for name, data in tree_of(path).items() if not name.endswith(".tmp")}
        assert left == fresh, f"killed after {steps} steps"
        assert _sync(str(path), new)[0].is_empty
        if not killed:
            break
    else:
        pytest.fail("the sync never ended")
    assert steps > 20
