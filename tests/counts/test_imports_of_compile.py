"""What a ``pip compile`` from the cache must not load: what fetches, builds and changes venvs.

A number here is what the code needs today; see ``test_start_up``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.counted import run_counted

if TYPE_CHECKING:
    from pathlib import Path

    from support.counted import Counted
    from support.workbench import Workbench

#: Modules, and with them all that is below.
NEEDLESS = (
    "http",
    "rich",
    "ssl",
    "tomlkit",
    "wheelright.builder",
    "wheelright.outside.connections",
    "wheelright.outside.exchange",
    "wheelright.workflows.building",
    "wheelright.workflows.direct",
    "wheelright.workflows.pip.directs",
)


def compiled(bench: Workbench, tmp_path: Path, *options: str) -> Counted:
    bench.patch.delenv("WHEELRIGHT_NO_PROGRESS", raising=False)
    return run_counted(
        "pip", "compile", *options, "asked.in", cwd=bench.project, report=tmp_path / "report.json"
    )


@pytest.mark.parametrize("mode", ["--universal", "--python-version=3.12"])
def test_a_compile_from_the_cache(bench: Workbench, tmp_path: Path, mode: str) -> None:
    bench.index.add("one", "1.0", requires=["two"])
    bench.index.add("two", "1.0")
    (bench.project / "asked.in").write_text("one\n")
    filled = compiled(bench, tmp_path, mode)
    assert filled.code == 0, filled.err

    done = compiled(bench, tmp_path, mode, "--offline")

    assert done.code == 0, done.err
    loaded = [f"{name}." for name in done.loaded]
    assert [name for name in loaded if name.startswith(tuple(f"{n}." for n in NEEDLESS))] == []
    assert len(done.ours) <= 188
    assert len(done.loaded) <= 400  # of the standard library it depends on the Python
