"""Scripts that the kernel, the shell and Python accept."""

from __future__ import annotations

import io
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.venvs import this_interpreter
from wheelright.store import EntryPoint
from wheelright.venv.scripts import (
    MAX_SHEBANG_BYTES,
    rewrite_script,
    script_text,
    shebang,
    windows_launcher,
)

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = EntryPoint("tool", "tool.main", "App.run")


def test_a_generated_script() -> None:
    assert script_text("/v/bin/python", ENTRY).decode() == (
        "#!/v/bin/python\n"
        "import sys\n"
        "from tool.main import App\n"
        'if __name__ == "__main__":\n'
        '    if sys.argv[0].endswith(".exe"):\n'
        "        sys.argv[0] = sys.argv[0][:-4]\n"
        "    sys.exit(App.run())\n"
    )


def test_the_longest_line_that_every_kernel_reads() -> None:
    path = "/" + "x" * (MAX_SHEBANG_BYTES - 4)
    assert shebang(path) == f"#!{path}\n"
    assert len(shebang(path)) == MAX_SHEBANG_BYTES
    assert shebang(path + "x").startswith("#!/bin/sh\n")


@pytest.mark.parametrize("folder", ["with space", "x" * 140, 'it\'s $HOME "x" and'])
def test_awkward_interpreters_run_through_the_shell(tmp_path: Path, folder: str) -> None:
    python = tmp_path / folder / "python"
    python.parent.mkdir()
    python.symlink_to(this_interpreter().executable)
    script = tmp_path / "script"
    script.write_text(shebang(str(python)) + "import sys\nprint(sys.argv[1:])\n")
    script.chmod(0o755)
    done = subprocess.run([script, "a b", "$c"], capture_output=True, text=True, check=True)
    assert done.stdout == "['a b', '$c']\n"


@pytest.mark.parametrize(
    ("data", "rewritten"),
    [
        (b"#!python\nx", b"#!/v/python\nx"),
        (b"#!pythonw\r\nx\r\n", b"#!/v/python\nx\r\n"),
        (b"#!python", b"#!/v/python\n"),
        (b"#!/bin/sh\nx", None),
        (b"\x7fELF", None),
    ],
)
def test_scripts_that_a_wheel_brings(data: bytes, rewritten: bytes | None) -> None:
    assert rewrite_script("/v/python", data) == rewritten


@pytest.mark.parametrize("gui", [True, False])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64", "i686", "unheard-of"])
def test_windows_gets_a_program(arch: str, gui: bool) -> None:
    data = windows_launcher(r"C:\v\Scripts\python.exe", ENTRY, arch, gui=gui)
    assert data[:2] == b"MZ"
    assert b"C:\\v\\Scripts\\python" in data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"from tool.main import App" in archive.read("__main__.py")
