"""What compiling and locking from the cache must not load; see ``test_start_up``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.counted import run_counted

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

#: What is only for builds, the network, venvs, odd specifiers and odd machines.
ELSEWHERE = (
    "argparse",
    "asyncio",
    "concurrent.futures",
    "configparser",
    "dataclasses",
    "http.client",
    "logging",
    "packaging.markers",
    "packaging.specifiers",
    "packaging.tags",
    "platformdirs",
    "rich",
    "shutil",
    "ssl",
    "subprocess",
    "tomlkit",
    "wheelright.builder",
    "wheelright.outside.exchange",
    "wheelright.targets.needs",
    "wheelright.venv.apply",
    "zipfile",
)


@pytest.mark.parametrize(("command", "most"), [("pip compile -q asked.txt", 160), ("lock", 155)])
def test_from_the_cache(bench: Workbench, tmp_path: Path, command: str, most: int) -> None:
    bench.index.add("one", "1.0", requires=["two>=1,<3; python_version >= '3.8'"])
    bench.index.add("two", "2.0rc1")
    bench.index.add("two", "2.0")
    bench.write("one>=1")
    bench.patch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (bench.project / "asked.txt").write_text("one>=1\n")
    bench.ok("lock")
    (bench.project / "pylock.toml").unlink()

    done = run_counted(
        *command.split(), "--offline", cwd=bench.project, report=tmp_path / "report.json"
    )

    assert done.code == 0, done.err
    assert sorted(done.loaded.intersection(ELSEWHERE)) == []
    assert len(done.ours) <= most
