from __future__ import annotations

import os
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.source_trees import write_tree
from wheelright.builder import Builder, BuildFailedError, NoEditableError, WrongResultError
from wheelright.builder.builder import KEPT_LOGS
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.source_trees import Provided
    from wheelright.builder import BuiltWheel
    from wheelright.targets.interpreter import Interpreter

    Build = Callable[[Path], BuiltWheel]


def test_a_wheel_is_built_checked_and_moved_into_place(
    tmp_path: Path, build: Build, build_root: Path
) -> None:
    built = build(write_tree(tmp_path / "demo"))

    assert built.path.name == "demo-1.0-py3-none-any.whl"
    assert built.path.is_relative_to(build_root)
    assert (built.name, built.version, built.tags) == ("demo", "1.0", ("py3-none-any",))
    assert built.metadata.startswith(b"Metadata-Version: 2.1\nName: demo\n")
    assert zipfile.is_zipfile(built.path)


def test_an_editable_wheel_runs_its_hook_in_the_source_tree(
    tmp_path: Path, builder: Builder, interpreter: Interpreter, provided: Provided
) -> None:
    source = write_tree(tmp_path / "demo")

    built = builder.build_editable(source, interpreter, provided, out=tmp_path / "out")

    assert built.path == tmp_path / "out" / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("demo.pth").decode() == str(source)


def test_nothing_but_results_and_logs_stays_behind(
    tmp_path: Path, build: Build, build_root: Path
) -> None:
    built = build(write_tree(tmp_path / "demo"))

    files = {path for path in build_root.rglob("*") if path.is_file()}
    assert files == {built.path, built.log}
    assert sorted(path.name for path in build_root.iterdir()) == ["built", "logs"]


def test_building_again_replaces_the_wheel(tmp_path: Path, build: Build) -> None:
    source = write_tree(tmp_path / "demo")
    first = build(source).path.read_bytes()
    again = write_tree(source, 'def metadata(*_): return "Name: demo\\nVersion: 1.0.0\\n"')

    assert build(again).path.read_bytes() != first


def test_what_the_backend_requires_more_is_asked_for_with_the_rest(
    tmp_path: Path, build: Build, provided: Provided
) -> None:
    hooks = 'def get_requires_for_build_wheel(config_settings=None): return ["ninja", "a>=1"]'

    build(write_tree(tmp_path / "demo", hooks, requires='["a>=1", "b"]'))

    assert provided.asked == [("a>=1", "b"), ("a>=1", "b", "ninja")]
    assert provided.places[0] == provided.places[1]


def test_nothing_more_required_asks_once(tmp_path: Path, build: Build, provided: Provided) -> None:
    hooks = 'def get_requires_for_build_wheel(config_settings=None): return ["b"]'

    build(write_tree(tmp_path / "demo", hooks, requires='["a>=1", "b"]'))

    assert provided.asked == [("a>=1", "b")]


def test_config_settings_reach_the_hooks(
    tmp_path: Path, builder: Builder, interpreter: Interpreter, provided: Provided
) -> None:
    hooks = """
    def get_requires_for_build_wheel(config_settings=None):
        return [config_settings["extra"]]
    def build_wheel(folder, config_settings=None, metadata_directory=None):
        return wheel(folder, version=config_settings["version"])
    """
    settings = {"extra": "cython", "version": "7.0"}

    built = builder.build_wheel(
        write_tree(tmp_path / "demo", hooks), interpreter, provided, config_settings=settings
    )

    assert provided.asked == [(), ("cython",)]
    assert built.version == "7.0"


def test_metadata_is_prepared_without_a_build(
    tmp_path: Path, builder: Builder, interpreter: Interpreter, provided: Provided
) -> None:
    hooks = """
    def prepare_metadata_for_build_wheel(folder, config_settings=None):
        os.mkdir(os.path.join(folder, "demo-1.0.dist-info"))
        with open(os.path.join(folder, "demo-1.0.dist-info", "METADATA"), "w") as file:
            file.write("Name: demo\\nVersion: 1.0\\n")
        return "demo-1.0.dist-info"
    def build_wheel(*_): raise SystemExit("not to be called")
    """
    source = write_tree(tmp_path / "demo", hooks)

    metadata = builder.prepare_metadata(source, interpreter, provided)

    assert metadata == b"Name: demo\nVersion: 1.0\n"


@pytest.mark.parametrize("editable", [False, True])
def test_metadata_comes_from_a_wheel_where_the_backend_has_no_hook_for_it(
    tmp_path: Path,
    builder: Builder,
    interpreter: Interpreter,
    provided: Provided,
    editable: bool,
) -> None:
    source = write_tree(tmp_path / "demo")

    metadata = builder.prepare_metadata(source, interpreter, provided, editable=editable)

    assert b"Requires-Dist: idna" in metadata


def test_an_sdist_is_built(
    tmp_path: Path, builder: Builder, interpreter: Interpreter, provided: Provided
) -> None:
    hooks = """
    def build_sdist(folder, config_settings=None):
        import tarfile
        with tarfile.open(os.path.join(folder, "demo-1.0.tar.gz"), "w:gz") as archive:
            archive.add("pyproject.toml", "demo-1.0/pyproject.toml")
        return "demo-1.0.tar.gz"
    """
    source = write_tree(tmp_path / "demo", hooks)

    path = builder.build_sdist(source, interpreter, provided, out=tmp_path / "out")

    with tarfile.open(path) as archive:
        assert archive.getnames() == ["demo-1.0/pyproject.toml"]


def test_what_is_said_is_kept_in_order_in_the_log(tmp_path: Path, build: Build) -> None:
    hooks = """
    def build_wheel(folder, config_settings=None, metadata_directory=None):
        import subprocess
        print("one")
        print("two", file=sys.stderr)
        subprocess.run([sys.executable, "-c", "print('three')"])
        print("four")
        return wheel(folder)
    """

    built = build(write_tree(tmp_path / "demo", hooks))

    assert built.log.read_text() == "one\ntwo\nthree\nfour\n"


def test_a_backend_without_editable_wheels(
    tmp_path: Path, builder: Builder, interpreter: Interpreter, provided: Provided
) -> None:
    source = write_tree(tmp_path / "demo", "del build_editable")

    with pytest.raises(NoEditableError) as caught:
        builder.build_editable(source, interpreter, provided)

    error = caught.value
    assert error.message == "The build backend `backend` of `demo` cannot make editable installs"
    assert error.where == str(source)
    assert error.hints == ("Install it as a normal wheel with `--no-editable`",)


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        (
            'wheel(folder, file_name="demo.whl")',
            (
                "`demo.whl` is not the file name of a wheel: "
                "it has 1 parts between dashes instead of 5 or 6"
            ),
        ),
        (
            'wheel(folder) and "demo-2.0-py3-none-any.whl"',
            "it names `demo-2.0-py3-none-any.whl`, but wrote `demo-1.0-py3-none-any.whl`",
        ),
        ('"demo-2.0-py3-none-any.whl"', "it names `demo-2.0-py3-none-any.whl`, but wrote nothing"),
        ('"../" + wheel(folder)', "`../demo-1.0-py3-none-any.whl` is a path, not a file name"),
        ("wheel(folder) and None", "it is not a file name"),
        (
            'wheel(folder, version="2.0", file_name="demo-1.0-py3-none-any.whl")',
            "`demo-1.0-py3-none-any.whl` holds metadata of another version, `2.0`",
        ),
        (
            'wheel(folder, name="other", file_name="demo-1.0-py3-none-any.whl")',
            "in `demo-1.0-py3-none-any.whl`, it holds no `METADATA` of `demo`",
        ),
        (
            'wheel(folder, name="other")',
            "`other-1.0-py3-none-any.whl` is of another project, `other`",
        ),
        (
            (
                '[open(folder + "/demo-1.0-py3-none-any.whl", "w").write("text"),'
                ' "demo-1.0-py3-none-any.whl"][1]'
            ),
            "in `demo-1.0-py3-none-any.whl`, it is not a zip archive (File is not a zip file)",
        ),
    ],
)
def test_a_wrong_result_is_refused(tmp_path: Path, build: Build, result: str, cause: str) -> None:
    hooks = (
        f"def build_wheel(folder, config_settings=None, metadata_directory=None): return {result}"
    )
    source = write_tree(tmp_path / "demo", hooks)

    with pytest.raises(WrongResultError) as caught:
        build(source)

    error = caught.value
    assert error.message == (
        f"The build backend `backend` of `demo` delivered a wrong result: {cause}"
    )
    assert error.where == f"{source} (build_wheel)"
    assert error.hints == (
        "This is a fault of the backend or of the project's metadata; tell its authors",
    )


def test_requirements_that_are_no_list_are_refused(tmp_path: Path, build: Build) -> None:
    hooks = 'def get_requires_for_build_wheel(config_settings=None): return "ninja"'

    with pytest.raises(WrongResultError, match="it is not a list of requirements"):
        build(write_tree(tmp_path / "demo", hooks))


def test_a_failed_build_leaves_only_its_log(tmp_path: Path, build: Build, build_root: Path) -> None:
    hooks = "def build_wheel(*_): raise SystemExit(3)"

    with pytest.raises(BuildFailedError) as caught:
        build(write_tree(tmp_path / "demo", hooks))

    assert [path for path in build_root.rglob("*") if path.is_file()] == [caught.value.log]


def test_only_the_newest_logs_are_kept(tmp_path: Path, build: Build, build_root: Path) -> None:
    logs = build_root / "logs"
    logs.mkdir(parents=True)
    for number in range(KEPT_LOGS + 5):
        path = logs / f"{number}.log"
        path.touch()
        os.utime(path, (number, number))

    built = build(write_tree(tmp_path / "demo"))

    kept = {path.name for path in logs.iterdir()}
    assert kept == {built.log.name, *(f"{number}.log" for number in range(6, KEPT_LOGS + 5))}


def test_warnings_of_a_backend_are_told_and_not_ours(
    tmp_path: Path, build_root: Path, interpreter: Interpreter, provided: Provided
) -> None:
    hooks = """
    def build_wheel(folder, config_settings=None, metadata_directory=None):
        import warnings
        warnings.warn("that is the old way")
        return wheel(folder)
    """
    told: list[str] = []

    class Listening(Silent):
        def debug(self, text: str) -> None:
            told.append(text)

    source = write_tree(tmp_path / "demo", hooks)

    Builder(Listening(), build_root).build_wheel(source, interpreter, provided)

    assert told[1:] == ["`demo` warns as it is built: that is the old way"]
