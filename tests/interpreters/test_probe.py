from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from support.pythons import PYTHONS, python
from wheelright.interpreters import BrokenPython, Search, probe
from wheelright.interpreters.probe import _Answer, _cache_entry, _question, _system
from wheelright.targets import detect_machine, marker_values

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes programs of shell scripts")

FACTS = """
import json, os, sys, sysconfig
print(json.dumps({
    "prefix": sys.prefix, "base": sys.base_prefix, "version": list(sys.version_info[:3]),
    "purelib": sysconfig.get_path("purelib"), "platlib": sysconfig.get_path("platlib"),
    "scripts": sysconfig.get_path("scripts"), "stdlib": sysconfig.get_path("stdlib"),
    "data": sysconfig.get_path("data"), "include": sysconfig.get_path("include"),
}))
"""


def _search(tmp_path: Path, **environ: str) -> Search:
    return Search(environ=environ, directory=tmp_path, home=tmp_path, cache=tmp_path / "cache")


def _facts(executable: Path) -> dict[str, object]:
    done = subprocess.run(
        [executable, "-I", "-c", FACTS], capture_output=True, text=True, check=True
    )
    facts: dict[str, object] = json.loads(done.stdout)
    return facts


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", [v for v in PYTHONS if v >= (3, 6)])
@pytest.mark.parametrize("in_venv", [False, True])
def test_the_answer_is_what_the_python_says_of_itself(
    tmp_path: Path, version: tuple[int, int], in_venv: bool
) -> None:
    base = executable = PYTHONS[version]
    if in_venv:
        subprocess.run([base, "-I", "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
        executable = tmp_path / "env" / "bin" / "python"
    facts = _facts(executable)
    found = probe(executable, _search(tmp_path))
    assert found.executable == executable
    assert found.version == ".".join(map(str, facts["version"]))  # type: ignore[call-overload]
    assert found.python == version
    assert (str(found.prefix), str(found.base_prefix)) == (facts["prefix"], facts["base"])
    for name in ("purelib", "platlib", "scripts", "stdlib", "data", "include"):
        assert str(getattr(found.paths, name)) == facts[name]
    assert found.is_venv == in_venv
    assert found.base_executable.resolve() == base.resolve()
    assert found.platform == detect_machine().platform
    derived = marker_values(found.platform, found.version)
    measured = found.marker_values | {"platform_release": "", "platform_version": ""}
    assert derived == measured


@pytest.mark.parametrize("version", [v for v in PYTHONS if v >= (3, 6)])
def test_a_python_tells_the_same_by_itself_and_with_the_whole_description(
    version: tuple[int, int],
) -> None:
    asking, describing = _question()
    answers = []
    for prelude in ("", "import os; del os.confstr\n"):
        done = subprocess.run(
            [PYTHONS[version], "-I", "-S", "-c", prelude + asking, describing],
            capture_output=True,
            check=True,
        )
        told = msgspec.json.decode(done.stdout, type=_Answer)
        assert (told.system is None) is (not prelude)
        answers.append(msgspec.structs.replace(told, system=_system(told), glibc=None))
    assert answers[0] == answers[1]


def test_the_probe_spares_the_environment_and_the_guard(tmp_path: Path) -> None:
    venv = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = next((venv / "lib").iterdir()) / "site-packages"
    (library / "guard.pth").write_text("import sys; sys.exit('unfit')\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    search = _search(tmp_path, PYTHONPATH=str(tmp_path), PYTHONHOME="/nowhere")
    assert probe(venv / "bin" / "python", search).is_venv


def test_a_manylinux_module_is_heard(tmp_path: Path) -> None:
    venv = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    library = next((venv / "lib").iterdir()) / "site-packages"
    (library / "_manylinux.py").write_text(
        "def manylinux_compatible(major, minor, arch):\n"
        "    return None if minor > 17 else minor == 17\n",
        encoding="utf-8",
    )
    found = probe(venv / "bin" / "python", _search(tmp_path))
    assert found.refused_glibc == frozenset((2, minor) for minor in range(5, 17))
    assert not [tag for tag in found.tags.platform_tags if "manylinux_2_16" in tag]


def test_answers_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    executable = tmp_path / "bin" / "python"
    executable.parent.mkdir()
    executable.symlink_to(sys.executable)
    search = _search(tmp_path)
    first = probe(executable, search)
    (entry,) = (tmp_path / "cache" / "interpreters-v3").iterdir()
    answer = json.loads(entry.read_text(encoding="utf-8"))
    answer["answer"]["version"] = "3.99.0"
    entry.write_text(json.dumps(answer), encoding="utf-8")
    assert probe(executable, search).version == "3.99.0"
    # Another Python at the same place is asked anew.
    (tmp_path / "bin" / "python").unlink()
    executable.symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "bin" / "pyvenv.cfg").write_text("home = /nowhere\n", encoding="utf-8")
    assert probe(executable, search).version == first.version


def _program(path: Path, loader: Path) -> Path:
    """Make a program of nothing but the name of its loader."""
    name = bytes(loader) + b"\0"
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    path.write_bytes(
        head + struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(name), len(name), 1) + name
    )
    return path


def test_containers_may_share_a_python_and_a_cache_but_not_an_answer(tmp_path: Path) -> None:
    # What one container sees at these paths, then another: the same program, another C library.
    system, seen = tmp_path / "system", set()
    program = _program(tmp_path / "python", system / "ld-linux-x86-64.so.2")
    seen.add(_cache_entry(program, tmp_path))
    system.mkdir()
    for library in ("ld-linux-x86-64.so.2", "libc.so.6"):
        (system / library).write_bytes(b"2.36")
        seen.add(_cache_entry(program, tmp_path))
        (system / library).write_bytes(b"2.31 and longer")
        seen.add(_cache_entry(program, tmp_path))
    assert len(seen) == 5
    assert _cache_entry(program, tmp_path) in seen


def test_an_answer_is_asked_anew_when_the_system_starts_to_decline_wheels(tmp_path: Path) -> None:
    venv = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    executable, search = venv / "bin" / "python", _search(tmp_path)
    found = probe(executable, search)
    assert found.refused_glibc == frozenset()
    module = found.paths.purelib / "_manylinux.py"
    module.write_text("def manylinux_compatible(major, minor, arch): return minor < 30 or None\n")
    assert probe(executable, search).refused_glibc == frozenset()
    module.write_text(
        "def manylinux_compatible(major, minor, arch):\n"
        "    assert arch == 'x86_64'\n"
        "    return False if minor == 17 else None\n"
    )
    refusing = probe(executable, search)
    assert refusing.refused_glibc == {(2, 17)}
    assert "manylinux2014_x86_64" not in refusing.tags.platform_tags
    module.unlink()
    assert probe(executable, search) == found


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b'{"version": 3}'])
def test_a_damaged_memory_is_asked_anew(tmp_path: Path, damage: bytes) -> None:
    search = _search(tmp_path)
    expected = probe(Path(sys.executable), search)
    (entry,) = (tmp_path / "cache" / "interpreters-v3").iterdir()
    entry.write_bytes(damage)
    assert probe(Path(sys.executable), search) == expected
    assert len(entry.read_bytes()) > len(damage)


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder", encoding="utf-8")
    assert probe(Path(sys.executable), _search(tmp_path)).is_venv == (sys.prefix != sys.base_prefix)


def test_a_script_is_asked_each_time_and_stands_for_what_it_runs(tmp_path: Path) -> None:
    executable = python(3, 12)
    shim = _script(tmp_path / "python", 'exec "$REAL" "$@"')
    found = probe(shim, _search(tmp_path, REAL=str(executable)))
    assert found.executable == executable
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 127", "it ended with code 127"),
        (
            "echo first >&2; echo 'pyenv: version not installed' >&2; exit 1",
            "it ended with code 1 and said `pyenv: version not installed`",
        ),
        ("echo Python 3.12.1", "it does not answer as a Python does"),
        ("echo '{\"version\": 3}'", "it does not answer as a Python does"),
        (":", "it does not answer as a Python does"),
    ],
)
def test_a_broken_python(tmp_path: Path, text: str, reason: str) -> None:
    shim = _script(tmp_path / "python3", text)
    with pytest.raises(BrokenPython) as caught:
        probe(shim, _search(tmp_path, PATH="/usr/bin:/bin"))
    assert caught.value.message == f"The Python at `{shim}` cannot be used: {reason}"


def test_what_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(BrokenPython) as caught:
        probe(tmp_path / "none", _search(tmp_path))
    assert (
        caught.value.message
        == f"The Python at `{tmp_path / 'none'}` cannot be used: no such program"
    )
