"""Wheels in a venv: every file in its place, and a RECORD that is right."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.venvs import Listening, put_wheel, tree_of
from wheelright.errors import UsageError
from wheelright.store import BrokenWheel, Entry
from wheelright.venv import Origin, Venv, list_installed
from wheelright.venv.place import Placement, Placer, _tops
from wheelright.venv.remove import remove_package

if TYPE_CHECKING:
    from wheelright.outside.trees import LinkMode
    from wheelright.store import Store

DATA = "app-1.0.data"


def _check_record(venv: Venv, dist_info: str) -> set[str]:
    """Compare RECORD with the disk; returns the paths it lists."""
    site = Path(venv.site_packages)
    rows = list(csv.reader((site / dist_info / "RECORD").read_text().splitlines()))
    for path, digest, size in rows:
        data = (site / path).read_bytes()
        if path == f"{dist_info}/RECORD":
            assert (digest, size) == ("", "")
            continue
        encoded = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={encoded}", str(len(data)))
    return {row[0] for row in rows}


def test_every_scheme_has_its_place(venv: Venv, store: Store, reporter: Listening) -> None:
    wheel = put_wheel(
        store,
        "app",
        files={
            "app/__init__.py": "def run():\n    print('ran')\n    return 3\n",
            f"{DATA}/purelib/pure.py": "",
            f"{DATA}/platlib/plat.py": "",
            f"{DATA}/headers/app.h": "",
            f"{DATA}/data/share/app.txt": "",
            f"{DATA}/scripts/brought": "#!python\nimport sys\nprint(sys.prefix)\n",
            f"{DATA}/scripts/shell": "#!/bin/sh\necho shell\n",
            'a, "b".txt': "",
        },
        scripts={"app": "app:run"},
        gui_scripts={"app-window": "app:run"},
    )
    Placer(venv, "hardlink", reporter.warn).place(wheel, requested=True)
    major, minor = venv.python
    listed = _check_record(venv, "app-1.0.dist-info")
    assert listed == {
        "app/__init__.py",
        "pure.py",
        "plat.py",
        'a, "b".txt',
        f"../../../include/site/python{major}.{minor}/app/app.h",
        "../../../share/app.txt",
        "../../../bin/brought",
        "../../../bin/shell",
        "../../../bin/app",
        "../../../bin/app-window",
        *(
            f"app-1.0.dist-info/{base}"
            for base in ("METADATA", "WHEEL", "entry_points.txt", "RECORD", "INSTALLER")
        ),
        "app-1.0.dist-info/REQUESTED",
    }
    (installed,) = list_installed(venv, check_files=True)
    assert installed.installer == "wheelright"
    assert installed.requested
    assert installed.problem is None
    for name, output, code in (
        ("app", "ran\n", 3),
        ("app-window", "ran\n", 3),
        ("brought", f"{venv.path}\n", 0),
        ("shell", "shell\n", 0),
    ):
        done = subprocess.run(
            [f"{venv.scripts}/{name}"], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode, done.stderr) == (output, code, "")
    assert reporter.warnings == []


@pytest.mark.parametrize("mode", ["clone", "hardlink", "copy", "symlink"])
def test_link_modes(venv: Venv, store: Store, reporter: Listening, mode: LinkMode) -> None:
    wheel = put_wheel(store, "app")
    placer = Placer(venv, mode, reporter.warn)
    placer.place(wheel)
    placed = Path(venv.site_packages, "app", "__init__.py")
    kept = Path(wheel.path, "app", "__init__.py")
    assert placed.read_bytes() == kept.read_bytes()
    if placer.mode == "hardlink":
        assert placed.samefile(kept)
    if placer.mode == "symlink":
        assert placed.is_symlink()
    if placer.mode == "copy":
        assert not placed.samefile(kept)
    if mode != "clone":
        assert placer.mode == mode
    # What the installer writes is never written through a link into the store.
    assert not Path(wheel.path, "app-1.0.dist-info", "INSTALLER").exists()
    assert Path(wheel.path, "app-1.0.dist-info", "RECORD").read_text().count("INSTALLER") == 0


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or os.stat("/dev/shm").st_dev == os.stat("/tmp").st_dev,  # noqa: PTH116
    reason="needs two file systems",
)
def test_another_file_system_means_copies_and_one_warning(
    venv: Venv, reporter: Listening, tmp_path: Path
) -> None:
    from tempfile import TemporaryDirectory

    from wheelright.store import Store

    with TemporaryDirectory(dir="/dev/shm") as folder:
        store = Store(Path(folder), reporter)
        placer = Placer(venv, "clone", reporter.warn)
        placer.place(put_wheel(store, "one"))
        placer.place(put_wheel(store, "two"))
    assert placer.mode == "copy"
    (warning,) = reporter.warnings
    assert warning == (
        "The store and the environment do not share a file system that can link: files are "
        "copied. Choose another `--cache-dir`, or `--link-mode copy` to say so"
    )


def test_a_wheels_own_installer_files_do_not_count(venv: Venv, store: Store) -> None:
    info = "app-1.0.dist-info"
    wheel = put_wheel(
        store,
        "app",
        files={
            "app.py": "",
            f"{info}/INSTALLER": "evil",
            f"{info}/REQUESTED": "",
            f"{info}/direct_url.json": "{}",
        },
    )
    Placer(venv, "hardlink", pytest.fail).place(wheel)
    (installed,) = list_installed(venv)
    assert (installed.installer, installed.requested, installed.direct_url) == (
        "wheelright",
        False,
        None,
    )
    _check_record(venv, info)
    assert Path(wheel.path, info, "INSTALLER").read_text() == "evil"


@pytest.mark.parametrize(
    ("origin", "document"),
    [
        (
            Origin("file:///src", editable=True),
            {"url": "file:///src", "dir_info": {"editable": True}},
        ),
        (Origin("file:///src"), {"url": "file:///src", "dir_info": {}}),
        (
            Origin("https://x.example/a.whl", is_directory=False),
            {"url": "https://x.example/a.whl", "archive_info": {"hashes": {"sha256": "?"}}},
        ),
    ],
)
def test_direct_urls(venv: Venv, store: Store, origin: Origin, document: dict[str, object]) -> None:
    wheel = put_wheel(store, "app")
    Placer(venv, "hardlink", pytest.fail).place(wheel, origin=origin)
    path = Path(venv.site_packages, "app-1.0.dist-info", "direct_url.json")
    assert json.loads(path.read_text().replace(wheel.sha256, "?")) == document
    (installed,) = list_installed(venv)
    assert (installed.direct_url, installed.editable) == (origin.url, origin.editable)
    _check_record(venv, "app-1.0.dist-info")


def test_two_packages_with_the_same_file(venv: Venv, store: Store, reporter: Listening) -> None:
    placer = Placer(venv, "hardlink", reporter.warn)
    for name in ("one", "two"):
        placer.place(put_wheel(store, name, files={"shared/a.py": name, "shared/b.py": name}))
    assert reporter.warnings == [
        "`one` and `two` both bring `shared/a.py`; the file of `two` is in place"
    ]
    assert Path(venv.site_packages, "shared", "a.py").read_text() == "two"


def test_two_packages_with_the_same_file_by_different_ways(
    venv: Venv, store: Store, reporter: Listening
) -> None:
    placer = Placer(venv, "hardlink", reporter.warn)
    coming = {
        "one": {"shared/a.py": "1", "single.py": "1"},
        "two": {"two-1.0.data/purelib/shared/a.py": "2", "two-1.0.data/data/share/x": "2"},
        "three": {"three-1.0.data/platlib/single.py": "3", "three-1.0.data/data/share/x": "3"},
        "four": {"four-1.0.data/data/share/y": "4", "shared.py": "4", "shared-more/a.py": "4"},
    }
    for name, held in coming.items():
        placer.place(put_wheel(store, name, files=held))
    assert reporter.warnings == [
        "`one` and `two` both bring `shared/a.py`; the file of `two` is in place",
        "`two` and `three` both bring `../../../share/x`; the file of `three` is in place",
        "`one` and `three` both bring `single.py`; the file of `three` is in place",
    ]


@given(st.lists(st.lists(st.sampled_from(["a", "a0", "a.b", "a-b", "A"]), min_size=1, max_size=3)))
def test_tops_are_first_parts_of_paths(paths: list[list[str]]) -> None:
    entries = [Entry(path, "", 0) for path in sorted({"/".join(parts) for parts in paths})]
    tops = list(_tops(entries))
    assert set(tops) == {parts[0] for parts in paths}


def test_files_that_are_in_the_way_are_replaced(venv: Venv, store: Store) -> None:
    folder = Path(venv.site_packages, "app")
    folder.mkdir()
    victim = Path(venv.path).parent / "victim.py"
    victim.write_text("mine")
    (folder / "__init__.py").symlink_to(victim)
    (Path(venv.scripts) / "app").symlink_to(victim)
    Placer(venv, "copy", pytest.fail).place(put_wheel(store, "app", scripts={"app": "app:x"}))
    assert victim.read_text() == "mine"
    _check_record(venv, "app-1.0.dist-info")


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("data/pyvenv.cfg", "it would replace `{venv}/pyvenv.cfg` of the environment"),
        ("data/bin/python3", "it would replace `{venv}/bin/python3` of the environment"),
        ("data/wheelright.json", "it would replace `{venv}/wheelright.json` of the environment"),
        ("odd/x", "it has files of the unknown kind `odd`"),
        ("purelib", "`app-1.0.data/purelib` has no place"),
    ],
)
def test_what_a_wheel_may_not_bring(venv: Venv, store: Store, path: str, cause: str) -> None:
    wheel = put_wheel(store, "app", files={"app.py": "", f"{DATA}/{path}": ""})
    with pytest.raises(BrokenWheel) as caught:
        Placer(venv, "hardlink", pytest.fail).place(wheel)
    assert caught.value.cause == cause.format(venv=venv.path)
    assert list_installed(venv) == ()
    assert not Path(venv.site_packages, "app.py").exists()


def _many(store: Store) -> list[Placement]:
    """Wheels with many files, three of which bring the same one, the last one's to stay."""
    wheels = [
        put_wheel(
            store,
            f"many{number}",
            files={
                **{
                    f"many{number}/{part}/m{file}.py": f"{file}\n"
                    for part in "ab"
                    for file in range(60)
                },
                **({"shared/it.txt": f"{number}\n"} if number in {2, 5, 7} else {}),
            },
            scripts={f"many{number}": "many:run"},
        )
        for number in range(9)
    ]
    return [Placement(wheel, requested=True) for wheel in wheels]


def test_many_files_are_placed_by_several_threads_as_by_one(
    venv: Venv, store: Store, reporter: Listening
) -> None:
    coming = _many(store)
    placed: list[str] = []
    Placer(venv, "clone", reporter.warn).place_all(coming, placed.append)
    by_several = tree_of(venv.path)
    assert sorted(placed) == [one.wheel.name for one in coming]
    assert (Path(venv.site_packages) / "shared/it.txt").read_text() == "7\n"
    warned = list(reporter.warnings)
    assert warned == [
        "`many2` and `many5` both bring `shared/it.txt`; the file of `many5` is in place",
        "`many5` and `many7` both bring `shared/it.txt`; the file of `many7` is in place",
    ]
    for number in (0, 1, 3, 4, 6, 7, 8):
        assert len(_check_record(venv, f"many{number}-1.0.dist-info")) > 120
    for package in list_installed(venv):
        remove_package(venv, package)
    placer = Placer(venv, "clone", reporter.warn)
    for one in coming:
        placer.place(one.wheel, requested=True)
    assert tree_of(venv.path) == by_several


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_file_takes_one_call_and_a_folder_one(venv: Venv, store: Store) -> None:
    held = {f"app/{part}/m{number}.py": "" for part in "abcd" for number in range(50)}
    wheel = put_wheel(store, "app", files=held)
    counts: Counter[str] = Counter()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        placer = Placer(venv, "hardlink", pytest.fail)
        sys.addaudithook(lambda event, _: counts.update([event]))
        try:
            placer.place(wheel)
        finally:
            os.write(writing, json.dumps(counts).encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = json.load(pipe)
    os.waitpid(child, 0)
    # METADATA and WHEEL are linked too.
    assert told["os.link"] == len(held) + 2
    # Six folders; the first needs `app` above it, and the dist-info is there when it is placed.
    assert told["os.mkdir"] == 6 + 2
    # RECORD, INSTALLER, and the store's folder and site-packages, each twice.
    assert told["open"] == 2 + 4


def test_a_wheel_that_cannot_be_placed_among_many_is_told(
    venv: Venv, store: Store, reporter: Listening
) -> None:
    coming = _many(store)
    gone = coming[6].wheel
    (Path(gone.path) / "many6/a/m3.py").unlink()
    with pytest.raises(UsageError) as told:
        Placer(venv, "hardlink", reporter.warn).place_all(coming, lambda _name: None)
    goal = f"{venv.site_packages}/many6/a/m3.py"
    assert told.value.message == f"Could not place `{goal}`: no such file or folder"
    # RECORD came first: it knows what to remove, though not all of it was placed.
    (broken,) = [one for one in list_installed(venv, check_files=True) if one.name == "many6"]
    assert broken.problem == "its METADATA is missing"
