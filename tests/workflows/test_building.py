"""Builds for what an environment is for: proved, stamped, kept for exactly that."""

from __future__ import annotations

import json
import platform
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.native_trees import (
    THREADS,
    add_native,
    fake_compiler,
    native_files,
    needs_compiler,
)
from support.wheels import make_sdist, sdist_files, sdist_of, write_project
from support.workbench import lines
from wheelright.targets import detect_machine

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

pytestmark = needs_compiler
ARCH = platform.machine()
OLD = f"{ARCH}-manylinux_2_17"
NEWER = f"{ARCH}-manylinux_2_28"


def install(bench: Workbench, target: str, *more: str) -> str:
    words = " ".join(more) or "native"
    return bench.ok(f"pip install --target {target} {words}").err


def notes(bench: Workbench) -> list[str]:
    """Return what the cache remembers of builds, by file name without the ending."""
    return sorted(path.stem for path in (bench.cache / "built").rglob("*.json"))


def files(bench: Workbench, target: str) -> list[str]:
    place = bench.project / target
    return sorted(path.name for path in place.iterdir() if path.suffix == ".so")


def tag_of(bench: Workbench, target: str) -> str:
    (wheel,) = (bench.project / target).glob("native-*.dist-info/WHEEL")
    return wheel.read_text().rpartition("Tag: ")[2].strip()


def details(bench: Workbench, target: str) -> dict[str, object]:
    (path,) = (bench.project / target).glob("native-*.dist-info/wheelright-build.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


@pytest.fixture
def log(bench: Workbench) -> Path:
    """Serve a compiler for other machines, and return where it notes its calls."""
    return fake_compiler(bench.index, bench.root / "compiled.txt")


def test_a_build_for_this_machine_is_stamped_with_what_it_needs(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0", THREADS)
    install(bench, "out")
    machine = detect_machine()
    assert machine.libc_version is not None
    expected = "2_34" if machine.libc_version >= (2, 34) else "2_"
    assert tag_of(bench, "out").endswith(f"_{ARCH}")
    assert f"manylinux_{expected}" in tag_of(bench, "out")
    (note,) = notes(bench)
    assert note.endswith("-here")


def test_a_wheel_says_what_built_it(bench: Workbench, log: Path) -> None:
    add_native(bench.index, "native", "1.0")
    install(bench, "out", f"--python-platform {OLD}", "native")
    said = details(bench, "out")
    source = said.pop("source")
    assert isinstance(source, str)
    assert source.startswith("sha256:")
    compilers = said.pop("compilers")
    assert isinstance(compilers, list)
    assert compilers[0] == f"ziglang 0.1 for {ARCH}-linux-gnu.2.17"
    assert said.pop("needs") == []
    assert str(said.pop("python")).startswith("CPython 3.")
    assert str(said.pop("floor")).startswith(f"{ARCH}-manylinux_2_")
    assert said == {
        "project": "native",
        "version": "1.0",
        "backend": "in_tree_backend",
        "requires": [],
        "target": OLD,
        "config-settings": {},
        "builder": "wheelright 0.1.0",
    }


def test_two_floors_are_two_entries_and_neither_is_built_twice(bench: Workbench, log: Path) -> None:
    add_native(bench.index, "native", "1.0")
    for target in (OLD, NEWER):
        install(bench, target, f"--python-platform {target}", "native")
    assert [note.rpartition("-")[2] for note in notes(bench)] == [
        "manylinux_2_17",
        "manylinux_2_28",
    ]
    built = log.read_text()
    assert f"-target {ARCH}-linux-gnu.2.17 " in built
    assert f"-target {ARCH}-linux-gnu.2.28 " in built
    for target in (OLD, NEWER):
        install(bench, f"again-{target}", f"--python-platform {target}", "native")
    assert log.read_text() == built


def test_what_was_built_for_this_machine_is_never_used_for_a_lower_floor(
    bench: Workbench, log: Path
) -> None:
    add_native(bench.index, "native", "1.0", THREADS)
    install(bench, "here")
    before = notes(bench)
    answer = bench(f"pip install --target old --python-platform {OLD} native")
    assert answer.code == 1
    (module,) = files(bench, "here")
    shown = answer.err.rstrip().rpartition("the whole log is in `")[2].removesuffix("`")
    assert shown.startswith("[CACHE]/builds/logs/native-1.0-")
    if detect_machine().libc_version >= (2, 34):  # type: ignore[operator]
        assert answer.err == lines(
            f"note: compiling `native` for {OLD} (glibc 2.17, {ARCH})"
            f" with ziglang 0.1 for {ARCH}-linux-gnu.2.17",
            f"error: `native` 1.0 was built, and the result does not serve {OLD}"
            f" (glibc 2.17, {ARCH})",
            f"  `{module}` needs GLIBC_2.34, {OLD} has 2.17",
            f"hint: ask for a version of `native` that has a wheel for {OLD}:"
            " `--no-build-package native` considers only those",
            f"hint: the whole log is in `{shown}`",
        )
    assert not (bench.project / "old").exists()
    assert notes(bench) == before  # what does not serve is not kept as if it did


def test_a_build_is_told_what_it_is_for(bench: Workbench, log: Path) -> None:
    add_native(bench.index, "native", "1.0")
    seen = bench.root / "seen.json"
    answer = bench(
        f"pip install --target out --python-platform riscv64-manylinux_2_39 -C seen={seen} native",
        CPATH="/usr/include",
        PIP_INDEX_URL="https://user:secret@index.example/simple",
    )
    told = json.loads(seen.read_text())
    assert told["platform"] == "linux-riscv64"
    assert told["soabi"].endswith("-riscv64-linux-gnu")
    assert told["suffix"] == f".{told['soabi']}.so"
    assert told["CARGO_BUILD_TARGET"] == "riscv64gc-unknown-linux-gnu"
    assert told["CC"].endswith("/cross/cc")
    assert told["LDSHARED"] == f"{told['CC']} -shared"
    assert told["CPATH"] is None
    assert told["PIP_INDEX_URL"] is None
    # The compiler of this test builds for the machine at hand, whatever it is told.
    assert answer.code == 1
    assert f"is for Linux {ARCH}, riscv64-manylinux_2_39 is Linux riscv64\n" in answer.err


def test_without_the_compiler_it_says_what_it_would_be_for(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0")
    answer = bench(f"pip install --target out --python-platform {OLD} native")
    assert answer.code == 1
    assert f"getting the compiler `ziglang` for {OLD} (glibc 2.17, {ARCH})" in answer.err
    assert (
        f"hint: builds for {OLD} need the project `ziglang`, which an index or"
        " `--find-links` must have\n"
    ) in answer.err


def test_pip_install_builds_for_the_targets_that_it_names(bench: Workbench, log: Path) -> None:
    add_native(bench.index, "native", "1.0")
    bench.write(more=f'[tool.wheelright.target.old]\nplatform = "{OLD}"\n')
    install(bench, "declared", "--for", "old", "native")
    assert [note.rpartition("-")[2] for note in notes(bench)] == ["manylinux_2_17"]
    built = log.read_text()
    install(bench, "lowest", "--for", f"{NEWER},old", "native")
    install(bench, "here", "--for", "native", "native")
    assert log.read_text() == built
    assert {note.rpartition("-")[2] for note in notes(bench)} == {"here", "manylinux_2_17"}


def test_pip_install_for_a_target_with_another_python(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0")
    target = f'platform = "{OLD}"\npython = "==3.9.*"\n'
    bench.write(python=">=3.9", more=f"[tool.wheelright.target.old]\n{target}")
    answer = bench("pip install --target out --for old native")
    assert answer.code == 1
    assert answer.err == lines(
        f"error: the target `old` runs Python ==3.9.*, and this is for {platform.python_version()}",
        "hint: choose another one with `--python` or `--python-version`",
    )
    answer = bench("pip install --target out --for old --python-version 3.9 native")
    assert "for old (glibc 2.17" in answer.err


def test_what_is_pure_needs_no_compiler(bench: Workbench) -> None:
    bench.index.add_file("plain", "1.0", *make_sdist("plain", "1.0"))
    for target in (OLD, f"{ARCH}-musllinux_1_2", "windows", "macos"):
        install(bench, f"for-{target}", f"--python-platform {target}", "plain")
        assert (bench.project / f"for-{target}" / "plain-1.0.dist-info").is_dir()


def test_native_code_for_another_system_is_refused_with_ways_out(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0", optional=True)
    answer = bench("pip install --target out --python-platform windows native")
    details_line = next(line for line in answer.err.splitlines() if "compiles nothing" in line)
    assert details_line.startswith("  CPython [VERSION] on ")
    assert (answer.code, answer.err.replace(f"{details_line}\n", "")) == (
        1,
        lines(
            "error: `native` cannot be built on this machine for windows (Windows, x86_64)",
            "  it holds native code: its build calls a compiler",
            "hint: ask for an older version of `native` that has a wheel for windows:"
            " `--no-build-package native` considers only those",
            "hint: build it on such a machine, and give the wheel with `--find-links DIRECTORY`",
        ),
    )


def test_native_code_that_shows_is_refused_before_anything_runs(bench: Workbench) -> None:
    tree = native_files("native", "1.0")
    tree["pyproject.toml"] = tree["pyproject.toml"].replace(
        b'build-backend = "in_tree_backend"', b'build-backend = "maturin"'
    )
    tree["pyproject.toml"] = tree["pyproject.toml"].replace(b'backend-path = ["."]\n', b"")
    write_project(bench.project / "native", tree)
    answer = bench("pip install --target out --python-platform windows ./native")
    assert answer.code == 1
    assert "it holds native code: its build backend `maturin` compiles (Rust)" in answer.err
    assert not (bench.cache / "builds" / "logs").exists()


def test_a_python_that_is_not_here_is_named(bench: Workbench) -> None:
    name, data = sdist_of("native", "1.0", {
        "setup.py": b"from setuptools import setup\nsetup(ext_modules=[])\n",
        "PKG-INFO": b"Metadata-Version: 2.2\nName: native\nVersion: 1.0\n",
    })  # fmt: skip
    bench.index.add_file("native", "1.0", name, data)
    answer = bench(f"pip install --target out --python-version 3.99 --python-platform {OLD} native")
    assert (answer.code, answer.err) == (
        1,
        lines(
            f"error: `native` cannot be built on this machine for {OLD} (glibc 2.17, {ARCH})",
            "  it holds native code: its `setup.py` speaks of `ext_modules`",
            "  Python 3.99 would build it, and only CPython [VERSION] is at hand",
            "hint: install Python 3.99 here",
            f"hint: ask for an older version of `native` that has a wheel for {OLD}:"
            " `--no-build-package native` considers only those",
            "hint: build it on such a machine, and give the wheel with `--find-links DIRECTORY`",
        ),
    )


def test_the_way_out_that_is_named_leads_out(bench: Workbench, log: Path) -> None:
    bench.index.add("native", "0.9")
    add_native(bench.index, "native", "1.0")
    line = "pip install --target out --python-platform windows native"
    assert "`--no-build-package native`" in bench(line).err
    assert " + native==0.9\n" in bench.ok(f"{line} --no-build-package native").err


# -- what may be built


def test_no_build_builds_a_project_on_disk_that_proves_pure(bench: Workbench) -> None:
    write_project(bench.project / "plain", sdist_files("plain", "1.0"))
    install(bench, "out", "--no-build", "./plain")
    assert (bench.project / "out" / "plain-1.0.dist-info").is_dir()


def test_no_build_refuses_native_code_on_disk(bench: Workbench) -> None:
    write_project(bench.project / "native", native_files("native", "1.0"))
    answer = bench("pip install --target out --no-build ./native")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `native` holds native code, and builds are not allowed",
            "  in [PROJECT]/native",
            "  what shows it: its build calls a compiler",
            "hint: leave `--no-build` and its like out; a pure project is built all the same",
        ),
    )


def test_sync_with_no_build_installs_the_project_itself(bench: Workbench) -> None:
    write_project(bench.project, sdist_files("app", "1.0"))
    bench.ok("sync --no-build --no-editable")
    assert bench.versions() == {"app": "1.0"}


# -- how builds run


def test_settings_of_one_package_reach_its_backend_alone(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0")
    add_native(bench.index, "other", "1.0")
    seen = bench.root / "seen.json"
    install(bench, "out", f"--config-settings-package native:seen={seen}", "native")
    assert seen.is_file()
    seen.unlink()
    install(bench, "more", f"--config-settings-package native:seen={seen}", "other")
    assert not seen.exists()


def test_other_settings_are_another_build(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0")
    install(bench, "one")
    install(bench, "two", f"-C seen={bench.root / 'seen.json'}", "native")
    assert len(notes(bench)) == 2
    assert (bench.root / "seen.json").is_file()


def test_variables_and_requirements_of_single_projects(bench: Workbench) -> None:
    add_native(bench.index, "native", "1.0")
    bench.index.add("helper", "2.0")
    seen = bench.root / "seen.json"
    bench.write(
        "native",
        more=(
            "[tool.wheelright]\nconfig-settings = { seen = '" + str(seen) + "' }\n"
            'extra-build-dependencies = { native = ["helper"] }\n'
            'extra-build-variables = { native = { EXTRA = "yes" } }\n'
        ),
    )
    bench.ok("sync")
    assert json.loads(seen.read_text())["EXTRA"] == "yes"
    (path,) = bench.venv.glob("lib/*/site-packages/native-*.dist-info/wheelright-build.json")
    (required,) = json.loads(path.read_text())["requires"]
    assert required.startswith("helper==2.0 sha256:")


def needing(bench: Workbench, *requires: str) -> None:
    name, data = make_sdist("plain", "1.0", build_requires=requires)
    bench.index.add_file("plain", "1.0", name, data)
    for version in ("1.0", "2.0"):
        bench.index.add("helper", version)


def required(bench: Workbench, target: str) -> list[str]:
    (path,) = (bench.project / target).glob("*.dist-info/wheelright-build.json")
    return [text.partition(" ")[0] for text in json.loads(path.read_text())["requires"]]


def test_build_constraints_bind_what_builds_require(bench: Workbench) -> None:
    needing(bench, "helper")
    (bench.project / "bound.txt").write_text("helper<2\n")
    install(bench, "free", "plain")
    install(bench, "bound", "-b bound.txt", "plain")
    assert (required(bench, "free"), required(bench, "bound")) == (
        ["helper==2.0"],
        ["helper==1.0"],
    )


def test_hashes_of_build_requirements_may_be_required(bench: Workbench) -> None:
    needing(bench, "helper")
    answer = bench("pip install --target out --require-build-hashes plain")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: hashes of build requirements are required, and some have none",
            "  without a hash: `helper`",
            "hint: pin them with `--hash` in a file given with `--build-constraints`",
        ),
    )
    wrong = "0" * 64
    (bench.project / "bound.txt").write_text(f"helper==1.0 --hash=sha256:{wrong}\n")
    answer = bench("pip install --target out --require-build-hashes -b bound.txt plain")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: `helper-1.0-py3-none-any.whl`, which a build requires, has none of the hashes"
    )


def test_the_right_hash_is_enough(bench: Workbench) -> None:
    needing(bench, "helper")
    install(bench, "free", "-b /dev/null", "plain")
    (path,) = (bench.project / "free").glob("*.dist-info/wheelright-build.json")
    (text,) = json.loads(path.read_text())["requires"]
    pin, _, digest = text.partition(" ")
    (bench.project / "bound.txt").write_text(f"{pin} --hash={digest}\n")
    install(bench, "out", "--require-build-hashes -b bound.txt", "plain")
    assert required(bench, "out") == ["helper==2.0"]


def test_without_isolation_what_is_installed_is_used(bench: Workbench) -> None:
    needing(bench, "no-such-project")
    answer = bench("pip install --target out plain")
    assert answer.code == 1
    bench.ok("venv")
    bench.ok("pip install -p .venv --no-build-isolation plain")
    assert bench.versions() == {"plain": "1.0"}


def test_a_required_sdist_is_built_first_and_never_to_build_itself(bench: Workbench) -> None:
    name, data = make_sdist("helper", "1.0")
    bench.index.add_file("helper", "1.0", name, data)
    name, data = make_sdist("plain", "1.0", build_requires=["helper"])
    bench.index.add_file("plain", "1.0", name, data)
    install(bench, "out", "plain")
    assert required(bench, "out") == ["helper==1.0"]
    name, data = make_sdist("snake", "1.0", build_requires=["snake"])
    bench.index.add_file("snake", "1.0", name, data)
    answer = bench("pip install --target other snake")
    assert answer.code == 1
    assert "error: `snake-1.0.tar.gz` is required to build itself\n" in answer.err


def test_an_sdist_that_builds_another_project_is_refused(bench: Workbench) -> None:
    tree = sdist_files("other", "1.0")
    bench.index.add_file("plain", "1.0", *sdist_of("plain", "1.0", tree))
    answer = bench("pip install --target out --no-deps plain")
    assert answer.code == 1
    assert answer.err.splitlines()[0] == (
        "error: the build backend `in_tree_backend` of `plain` delivered a wrong result:"
        " `other-1.0-py3-none-any.whl` is of another project, `other`"
    )
    assert not (bench.project / "out").exists()
    assert notes(bench) == []


def test_a_build_that_takes_too_long_is_ended(bench: Workbench) -> None:
    tree = sdist_files("slow", "1.0")
    tree["in_tree_backend.py"] += (
        b"\n\ndef build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        b"    import time\n"
        b"    time.sleep(600)\n"
    )
    bench.index.add_file("slow", "1.0", *sdist_of("slow", "1.0", tree))
    answer = bench("pip install --target out --build-timeout 1 slow")
    assert answer.code == 1
    assert answer.err.splitlines()[0] == (
        "error: `slow` could not be built: the backend `in_tree_backend` did not finish"
        " `build_wheel` within 1 seconds"
    )


def test_without_a_cache_no_log_is_promised(bench: Workbench) -> None:
    tree = sdist_files("broken", "1.0")
    tree["in_tree_backend.py"] += b"\n\ndef build_wheel(*_):\n    raise SystemExit('no')\n"
    bench.index.add_file("broken", "1.0", *sdist_of("broken", "1.0", tree))
    answer = bench("pip install --target out --no-cache broken")
    assert answer.code == 1
    assert answer.err.splitlines()[-1] == "hint: without `--no-cache` the log is kept"


def test_libraries_of_this_machine_are_for_this_machine_only(bench: Workbench) -> None:
    folder = bench.root / "own"
    folder.mkdir()
    (folder / "own.c").write_text("int own(void) { return 1; }\n")
    library = folder / "libown.so.1"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-Wl,-soname,libown.so.1", "own.c", "-o", library],
        cwd=folder,
        check=True,
    )
    code = "int own(void);\nvoid *PyInit_native(void) { return own() ? 0 : 0; }\n"
    add_native(bench.index, "native", "1.0", code)
    machine = detect_machine().platform
    here = bench.ok("pip install --target out native", CC=f"cc -Wl,--no-as-needed {library}")
    assert " + native==1.0\n" in here.err
    assert tag_of(bench, "out").endswith(f"-linux_{ARCH}")
    answer = bench(f"pip install --target old --python-platform {machine} native",
                   CC=f"cc -Wl,--no-as-needed {library}")  # fmt: skip
    assert answer.code == 1
    (module,) = files(bench, "out")
    assert f"`{module}` needs libown.so.1 from outside, which {machine} does not have\n" in (
        answer.err
    )
