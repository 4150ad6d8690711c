"""Making venvs that a real Python accepts."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from support.venvs import this_interpreter, tree_of
from wheelright import __version__
from wheelright.errors import UsageError
from wheelright.outside.reporting import Silent
from wheelright.targets.platform import parse_platform
from wheelright.venv import NotAVenv, Venv, create_venv, find_venv, lock_venv

if TYPE_CHECKING:
    from collections.abc import Callable

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


def _say(venv: Venv, code: str) -> str:
    command = [venv.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_real_python_runs_in_it(venv: Venv) -> None:
    code = "import sys, site; print(sys.prefix, sys.prefix != sys.base_prefix, sys.path[-1])"
    assert _say(venv, code) == f"{venv.path} True {venv.site_packages}"
    assert venv.python == sys.version_info[:2]
    assert find_venv(venv.path) == venv
    assert _say(venv, "import importlib.util as u; print(u.find_spec('pip'))") == "None"


def test_what_lies_in_it(venv: Venv) -> None:
    root = Path(venv.path)
    found = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    assert found >= {
        ".gitignore",
        "CACHEDIR.TAG",
        "pyvenv.cfg",
        "bin/python",
        "bin/python3",
        f"bin/python{MINOR}",
        "bin/activate",
        "bin/activate.fish",
        "bin/activate.csh",
        "bin/activate.nu",
        "bin/Activate.ps1",
        "bin/activate_this.py",
    }
    assert (root / ".gitignore").read_text() == "*\n"
    settings = (root / "pyvenv.cfg").read_text().splitlines()
    assert settings[1] == "implementation = CPython"
    assert settings[3:] == [
        "include-system-site-packages = false",
        "prompt = .venv",
        f"wheelright = {__version__}",
    ]


def test_site_packages_of_the_system_on_request(tmp_path: Path) -> None:
    venv = create_venv(tmp_path / "v", this_interpreter(), system_site_packages=True, prompt="me")
    assert venv.system_site_packages
    assert venv.prompt == "me"


def _contents(path: Path) -> object:
    return path.read_bytes() if path.is_file() else tree_of(path)


@pytest.mark.parametrize("kind", ["folder", "file"])
@pytest.mark.parametrize("clear", [True, False])
def test_what_is_no_venv_is_never_touched(tmp_path: Path, kind: str, clear: bool) -> None:
    path = tmp_path / ".venv"
    if kind == "folder":
        path.mkdir()
        (path / "thesis.txt").write_text("years of work")
    else:
        path.write_text("years of work")
    before = _contents(path)
    why = "it has no `pyvenv.cfg`" if kind == "folder" else "it is a file"
    acts: list[Callable[[], object]] = [
        lambda: create_venv(path, this_interpreter(), clear=clear, allow_existing=not clear),
        lambda: find_venv(path),
    ]
    for act in acts:
        with pytest.raises(NotAVenv) as caught:
            act()
        assert str(caught.value) == f"`{path}` is not a virtual environment: {why}"
        assert caught.value.hints == (
            "it was left as it is; move it away, or set `WHEELRIGHT_PROJECT_ENVIRONMENT`",
        )
    assert _contents(path) == before


def test_an_empty_folder_and_one_with_only_our_lock_are_vacant(tmp_path: Path) -> None:
    with lock_venv(str(tmp_path / ".venv"), Silent()):
        assert find_venv(tmp_path / ".venv") is None
        create_venv(tmp_path / ".venv", this_interpreter())
    (tmp_path / "empty").mkdir()
    create_venv(tmp_path / "empty", this_interpreter())


def test_a_venv_is_kept_cleared_or_refused(venv: Venv) -> None:
    mine = Path(venv.site_packages) / "mine.py"
    mine.touch()
    with pytest.raises(UsageError) as caught:
        create_venv(venv.path, this_interpreter())
    assert str(caught.value) == f"`{venv.path}` is a virtual environment already"
    create_venv(venv.path, this_interpreter(), allow_existing=True)
    assert mine.exists()
    with lock_venv(venv.path, Silent()):
        create_venv(venv.path, this_interpreter(), clear=True)
        assert (Path(venv.path) / ".wheelright-lock").exists()
    assert not mine.exists()
    assert _say(venv, "print(1)") == "1"


def test_a_venv_whose_making_was_interrupted_is_made_again(venv: Venv) -> None:
    for name in ("bin", "lib"):
        shutil.rmtree(Path(venv.path) / name)
    assert _say(create_venv(venv.path, this_interpreter(), clear=True), "print(1)") == "1"


def test_a_link_to_a_python_elsewhere_is_followed(tmp_path: Path) -> None:
    base = this_interpreter()
    link = tmp_path / "local" / "bin" / "python3"
    link.parent.mkdir(parents=True)
    link.symlink_to(base.base_executable)
    venv = create_venv(tmp_path / "v", replace(base, executable=link, base_executable=link))
    assert Path(venv.home) == base.base_executable.resolve().parent
    assert _say(venv, "import os; print(os.name)") == "posix"


def test_other_implementations_have_their_own_library(tmp_path: Path) -> None:
    base = this_interpreter()
    venv = create_venv(tmp_path / "p", replace(base, implementation="pypy", version="3.10.14"))
    assert venv.site_packages == f"{tmp_path}/p/lib/pypy3.10/site-packages"
    assert (tmp_path / "p" / "bin" / "pypy3").is_symlink()
    venv = create_venv(tmp_path / "t", replace(base, free_threaded=True, version="3.13.1"))
    assert venv.site_packages == f"{tmp_path}/t/lib/python3.13t/site-packages"


def test_windows_gets_copies_of_the_launchers(tmp_path: Path) -> None:
    shipped = tmp_path / "base" / "Lib" / "venv" / "scripts" / "nt"
    shipped.mkdir(parents=True)
    (shipped / "venvlauncher.exe").write_bytes(b"launcher")
    (shipped / "pythonw.exe").write_bytes(b"windowed")
    python = replace(
        this_interpreter(),
        platform=parse_platform("windows"),
        base_prefix=tmp_path / "base",
        base_executable=tmp_path / "base" / "python.exe",
    )
    venv = create_venv(tmp_path / "v", python)
    assert venv.windows
    assert venv.site_packages == f"{tmp_path}/v/Lib/site-packages"
    assert Path(venv.executable).read_bytes() == b"launcher"
    assert Path(venv.scripts, "pythonw.exe").read_bytes() == b"windowed"
    assert Path(venv.scripts, "activate.bat").read_bytes().startswith(b"@echo off\r\n")


AWKWARD = 'it\'s a $HOME "quoted" `dir`'


@pytest.fixture(params=["plain", AWKWARD])
def awkward(request: pytest.FixtureRequest, tmp_path: Path) -> Venv:
    return create_venv(tmp_path / request.param, this_interpreter())


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "dash", "fish", "tcsh", "nu", "pwsh"])
def test_activation(awkward: Venv, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    endings = {"fish": ".fish", "tcsh": ".csh", "nu": ".nu", "pwsh": ".ps1"}
    script = f"activate{endings.get(shell, '')}"
    script = "Activate.ps1" if shell == "pwsh" else script
    lines = [
        f". ./bin/{script}" if shell in {"sh", "dash", "pwsh"} else f"source ./bin/{script}",
        'python -c "import sys; print(sys.prefix)"',
        "deactivate",
        'command -v deactivate || echo "left:$VIRTUAL_ENV"' if endings.get(shell) is None else "",
    ]
    done = subprocess.run(
        [program, "-c", "\n".join(lines)],
        cwd=awkward.path,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": awkward.path},
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == awkward.path
    if endings.get(shell) is None:
        assert done.stdout.splitlines()[-1] == "left:"


def test_activation_from_python(awkward: Venv) -> None:
    code = (
        "import runpy, sys; "
        f"runpy.run_path({awkward.scripts + '/activate_this.py'!r}); "
        f"print(sys.prefix == {awkward.path!r}, sys.path[0] == {awkward.site_packages!r})"
    )
    done = subprocess.run(
        [this_interpreter().executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True True\n", shlex.quote(awkward.path)
