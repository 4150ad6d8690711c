"""Adding wheels to the store, finding and removing them."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import msgspec
import pytest

import wheelright
from support.venvs import Listening, file_of, put_wheel
from support.wheels import make_wheel
from wheelright.errors import UsageError
from wheelright.outside.reporting import Silent
from wheelright.store import BrokenWheel, Entry, EntryPoint, File, HashMismatch, Removed, Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["in memory", "on the disk"])
def store(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "on the disk":
        monkeypatch.setattr("wheelright.store.store._MOST_HELD", 0)
    return Store(tmp_path / "cache", Silent())


def _digest(data: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _new_things(store: Store) -> list[str]:
    folder = store.root / "wheels" / ".new"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_adding_keeps_the_tree_and_the_facts(store: Store) -> None:
    wheel = put_wheel(
        store,
        "Some.App",
        "1.2",
        tag="cp39-abi3-manylinux_2_17_x86_64",
        files={"some_app/__init__.py": "x = 1\n", "some_app-1.2.data/scripts/tool": "#!python\n"},
        scripts={"some-app": "some_app:main.run"},
        gui_scripts={"some-window": "some_app.window:show"},
        executables=["some_app-1.2.data/scripts/tool"],
    )
    assert (wheel.name, wheel.version) == ("some-app", "1.2")
    assert wheel.tags == ("cp39-abi3-manylinux_2_17_x86_64",)
    assert wheel.facts.root_is_purelib is False
    assert wheel.facts.dist_info == "some_app-1.2.dist-info"
    assert wheel.facts.data_directory == "some_app-1.2.data"
    assert wheel.facts.console_scripts == (EntryPoint("some-app", "some_app", "main.run"),)
    assert wheel.facts.gui_scripts == (EntryPoint("some-window", "some_app.window", "show"),)
    assert wheel.facts.needs == [2, []]
    assert [entry.path for entry in wheel.entries] == [
        "some_app-1.2.data/scripts/tool",
        "some_app-1.2.dist-info/METADATA",
        "some_app-1.2.dist-info/RECORD",
        "some_app-1.2.dist-info/WHEEL",
        "some_app-1.2.dist-info/entry_points.txt",
        "some_app/__init__.py",
    ]
    assert wheel.entries[0] == Entry(
        "some_app-1.2.data/scripts/tool", _digest(b"#!python\n"), 9, executable=True
    )
    assert wheel.entries[-1] == Entry("some_app/__init__.py", _digest(b"x = 1\n"), 6)
    tree = Path(wheel.path)
    assert (tree / "some_app" / "__init__.py").read_text() == "x = 1\n"
    assert os.access(tree / "some_app-1.2.data" / "scripts" / "tool", os.X_OK)
    assert not os.access(tree / "some_app" / "__init__.py", os.X_OK)
    assert tree.parent.parent.name == wheel.sha256[:2]
    assert (store.root / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")


def test_what_was_added_is_found_by_hash_alone(store: Store) -> None:
    wheel = put_wheel(store, "app")
    other = File(
        "app-1.0-py3-none-any.whl", "https://b.example/x", {"sha256": wheel.sha256.upper()}
    )
    found = store.get(other)
    assert found is not None
    assert found.facts == wheel.facts
    assert found.path == wheel.path
    assert found.file == other
    assert store.get(File(wheel.file.name, "", {"sha256": "0" * 64})) is None
    assert store.get(File(wheel.file.name, "", {})) is None
    assert store.get(File(wheel.file.name, "", {"sha256": "../../../etc"})) is None


def test_a_file_known_by_another_hash_is_found_by_it(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    file = File(name, "", {"sha512": hashlib.sha512(data).hexdigest()})
    assert store.get(file) is None
    wheel = store.add(file, [data])
    assert wheel.sha256 == hashlib.sha256(data).hexdigest()
    found = store.get(file)
    assert found is not None
    assert found.sha256 == wheel.sha256


def test_a_weak_hash_is_checked_but_finds_nothing(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    file = File(name, "", {"md5": hashlib.md5(data).hexdigest()})
    store.add(file, [data])
    assert store.get(file) is None
    with pytest.raises(HashMismatch):
        store.add(File(name, "", {"md5": "0" * 32}), [data])


def test_a_file_without_hashes_is_taken_as_it_comes(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    wheel = store.add(File(name, ""), (data[i : i + 7] for i in range(0, len(data), 7)))
    assert wheel.sha256 == hashlib.sha256(data).hexdigest()


def test_a_wrong_hash_names_both_and_leaves_nothing(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    got = hashlib.sha256(data).hexdigest()
    file = File(name, f"https://files.example/{name}", {"sha256": "0" * 64}, len(data))
    with pytest.raises(HashMismatch) as caught:
        store.add(file, [data])
    assert str(caught.value) == f"The hash of `{name}` is not the expected one"
    assert caught.value.where == f"https://files.example/{name}"
    assert caught.value.details == (f"expected sha256:{'0' * 64}", f"got      sha256:{got}")
    assert caught.value.hints == (
        "If the index has replaced the file, lock again with `--refresh`",
    )
    assert store.size() == Removed()
    assert _new_things(store) == []


def test_a_cut_stream_says_so(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    with pytest.raises(HashMismatch) as caught:
        store.add(file_of(name, data), [data[:100]])
    assert caught.value.details[-1] == f"100 bytes came, {len(data)} were announced"
    assert caught.value.hints == ("The file was cut on its way; try again",)


def test_an_error_of_the_stream_passes_and_leaves_nothing(store: Store) -> None:
    name, data = make_wheel("app", "1.0")

    def chunks() -> Iterator[bytes]:
        yield data[:10]
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        store.add(file_of(name, data), chunks())
    assert store.size() == Removed()


def test_adding_twice_keeps_the_first(store: Store) -> None:
    first = put_wheel(store, "app")
    marker = Path(first.path) / "marker"
    marker.touch()
    second = put_wheel(store, "app")
    assert second.path == first.path
    assert marker.exists()


def test_threads_may_add_the_same_wheel(tmp_path: Path) -> None:
    # Stores of their own do not share the writing lock, as processes do not.
    name, data = make_wheel("app", "1.0", files={f"app/m{i}.py": "x" for i in range(200)})
    stores = [Store(tmp_path / "cache", Silent()) for _ in range(6)]
    paths: list[str] = []

    def add(store: Store) -> None:
        paths.append(store.add(file_of(name, data), [data]).path)

    threads = [Thread(target=add, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 6
    assert len(set(paths)) == 1
    assert len(list(Path(paths[0], "app").iterdir())) == 200
    assert _new_things(stores[0]) == []


def test_a_wheel_of_another_schema_is_unpacked_again(store: Store) -> None:
    wheel = put_wheel(store, "app")
    facts = Path(wheel.path).parent / "wheel.msgpack"
    facts.write_bytes(msgspec.msgpack.encode([0, "older"]))
    assert store.get(wheel.file) is None
    assert put_wheel(store, "app").facts == wheel.facts
    assert store.get(wheel.file) is not None


def test_size_clean_and_prune(store: Store) -> None:
    assert store.size() == store.clean() == store.prune() == Removed()
    one, other = put_wheel(store, "one"), put_wheel(store, "other")
    whole = store.size()
    assert whole.files == len(one.entries) + len(other.entries) + 2
    assert store.clean(["absent"]) == Removed()
    removed = store.clean(["one"])
    assert removed.files == len(one.entries) + 1
    assert store.get(one.file) is None
    assert store.get(other.file) is not None
    assert store.prune() == Removed()
    assert store.clean() == Removed(whole.files - removed.files, whole.bytes - removed.bytes)
    assert store.size() == Removed()


def test_prune_drops_what_lost_bytes_and_what_was_abandoned(store: Store) -> None:
    kept, hurt = put_wheel(store, "kept"), put_wheel(store, "hurt")
    (Path(hurt.path) / "hurt" / "__init__.py").write_bytes(b"")
    abandoned = store.root / "wheels" / ".new" / "abandoned"
    abandoned.mkdir()
    (abandoned / "archive").write_bytes(b"12345")
    os.utime(abandoned, (1, 1))
    fresh = store.root / "wheels" / ".new" / "fresh"
    fresh.mkdir()
    removed = store.prune()
    assert removed.files == len(hurt.entries) + 1 + 1
    assert not abandoned.exists()
    assert fresh.exists()
    assert store.get(hurt.file) is None
    assert store.get(kept.file) is not None


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX rights")
def test_a_store_that_cannot_be_written_is_said_clearly(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    store = Store(blocked / "cache", Silent())
    name, data = make_wheel("app", "1.0")
    with pytest.raises(UsageError) as caught:
        store.add(file_of(name, data), [data])
    assert str(caught.value) == (
        f"Could not make the folder `{blocked / 'cache'}`: a part of the path is not a folder"
    )
    assert caught.value.hints == ("check that the path is right",)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("not-a-zip", "it is not a zip archive (File is not a zip file)"),
        ("truncated", "it is not a zip archive (File is not a zip file)"),
        ("record-missing", "it has no `app-1.0.dist-info/RECORD`"),
        ("metadata-missing", "it has no `app-1.0.dist-info/METADATA`"),
        ("metadata-name", "its METADATA is that of `app-other`"),
        ("record-hash", "`app/__init__.py` is not the file that its RECORD lists"),
        ("escape", "the member `../escaped.py` does not stay in the wheel"),
        ("absolute", "the member `/tmp/escaped.py` has an absolute path"),
        ("symlink", "the member `link.py` is a link"),
    ],
)
def test_a_broken_wheel_says_how_and_leaves_nothing(store: Store, fault: str, cause: str) -> None:
    name, data = make_wheel("app", "1.0", broken=fault)  # type: ignore[arg-type]
    with pytest.raises(BrokenWheel) as caught:
        store.add(file_of(name, data), [data])
    assert str(caught.value) == f"The wheel `{name}` is broken: {cause}"
    assert store.size() == Removed()
    assert _new_things(store) == []


def _repacked(data: bytes, members: dict[str, bytes], drop: str = "") -> bytes:
    """Add members to a wheel, or leave one out, and leave RECORD as it was."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            if info.filename != drop:
                new.writestr(info, members.pop(info.filename, old.read(info)))
        for path, text in members.items():
            new.writestr(path, text)
    return buffer.getvalue()


def test_a_file_that_record_does_not_list_is_refused(store: Store) -> None:
    name, data = make_wheel("app", "1.0")
    data = _repacked(data, {"app/extra.py": b""})
    with pytest.raises(BrokenWheel) as caught:
        store.add(file_of(name, data), [data])
    assert caught.value.cause == "`app/extra.py` is not listed in its RECORD with a hash"


def test_a_listed_file_that_is_absent_is_only_mentioned(tmp_path: Path) -> None:
    reporter = Listening()
    store = Store(tmp_path, reporter)
    name, data = make_wheel("app", "1.0", files={"app.py": "", "gone.py": ""})
    data = _repacked(data, {}, drop="gone.py")
    wheel = store.add(file_of(name, data), [data])
    assert "gone.py" not in {entry.path for entry in wheel.entries}
    assert reporter.debugs == [f"`{name}` lists `gone.py` in its RECORD but does not hold it"]


def test_record_may_use_another_hash_of_hashlib(store: Store) -> None:
    from base64 import urlsafe_b64encode

    name, data = make_wheel("app", "1.0", files={"app.py": "x"})
    encoded = urlsafe_b64encode(hashlib.sha384(b"x").digest()).rstrip(b"=").decode()
    info = "app-1.0.dist-info"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        record = archive.read(f"{info}/RECORD").decode()
    usual = f"app.py,sha256={_digest(b'x')},1"
    for listed, cause in (
        (f"app.py,sha384={encoded},1", None),
        (f"app.py,sha384={encoded[:-1]}_,1", "`app.py` is not the file that its RECORD lists"),
        ("app.py,rot13=x,1", "its RECORD has the unknown hash `rot13` for `app.py`"),
    ):
        changed = _repacked(data, {f"{info}/RECORD": record.replace(usual, listed).encode()})
        if cause is None:
            assert store.add(file_of(name, changed), [changed]).entries[-1].digest == _digest(b"x")
        else:
            with pytest.raises(BrokenWheel) as caught:
                store.add(file_of(name, changed), [changed])
            assert caught.value.cause == cause


def test_a_wheel_of_another_project_or_format_is_refused(store: Store) -> None:
    _, data = make_wheel("app", "1.0")
    with pytest.raises(BrokenWheel) as caught:
        store.add(file_of("other-1.0-py3-none-any.whl", data), [data])
    assert caught.value.cause == "it holds `app-1.0.dist-info`, which is not what its name says"
    name = "app-1.0-py3-none-any.whl"
    newer = _repacked(data, {"app-1.0.dist-info/WHEEL": b"Wheel-Version: 2.0\n"})
    with pytest.raises(BrokenWheel) as caught:
        store.add(file_of(name, newer), [newer])
    assert caught.value.cause == "its format version is `2.0`, only 1.x is known"


def test_getting_imports_no_archive_readers() -> None:
    code = "import sys, wheelright.store.store; print(*sys.modules)"
    source = str(Path(wheelright.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": source},
    )
    loaded = set(done.stdout.split())
    assert "wheelright.store.store" in loaded
    assert loaded.isdisjoint({"zipfile", "wheelright.store.archive", "wheelright.store.unpack"})
