"""``status``: what it shows of project, lock, venvs and machine, whole screens."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from support.workbench import VERSION, lines
from wheelright.targets.machine import detect_machine
from wheelright.targets.needs import BinaryNeeds, WheelNeeds, to_plain

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the screens name Linux machines")

HERE = detect_machine().describe()
PLATFORM = str(detect_machine().platform)
MINOR = f"py{sys.version_info[0]}.{sys.version_info[1]}"
TARGETS = """\
[tool.wheelright]
venv = "per-target"
[tool.wheelright.targets.plc]
platform = "x86_64-manylinux_2_17"
[tool.wheelright.targets.win]
platform = "windows"
"""


@pytest.fixture
def shop(bench: Workbench) -> Workbench:
    bench.index.add("hello", "1.0")
    bench.index.add("binary", "1.0", tags=["py3-none-manylinux_2_17_x86_64", "py3-none-win_amd64"])
    bench.write("hello", "binary")
    return bench


def screen(bench: Workbench, line: str = "status") -> list[str]:
    return bench.ok(line).out.splitlines()


def top(lock: str = "is current") -> list[str]:
    return ["project   app, [PROJECT]", f"machine   {HERE}", f"lock      {lock}"]


def test_before_anything_is_made(shop: Workbench) -> None:
    assert screen(shop) == [
        *top("is missing"),
        "venv      none yet",
        "",
        "Next: `wheelright sync` locks, and makes the venv",
    ]
    assert shop("status --check").code == 1
    assert shop.index.log == []


def test_when_all_is_well(shop: Workbench) -> None:
    shop.ok("sync")
    asked = len(shop.index.log)
    assert screen(shop) == [
        *top(),
        "venv      .venv",
        f"  for     the machine it was made on, {HERE}, Python [VERSION]",
        "  fits    yes",
        "  needs   any version will do",
        "  holds   2 packages",
        "",
        "All is as it should be",
    ]
    assert shop("status --check").code == 0
    assert len(shop.index.log) == asked


def test_a_venv_for_another_machine(shop: Workbench) -> None:
    shop.ok("sync --for windows")
    assert screen(shop) == [
        *top(),
        "venv      .venv",
        "  for     windows (Windows, x86_64), Python [VERSION]",
        "  fits    no",
        "  needs   any version will do",
        "  holds   2 packages",
        "",
        "Next: `wheelright sync --for native` makes it for this machine",
    ]
    assert shop("status --check").code == 1


def test_what_is_out_of_date(shop: Workbench) -> None:
    shop.ok("sync")
    shop.index.add("more", "1.0")
    shop.write("hello", "binary", "more")
    site = next(shop.venv.glob("lib/*/site-packages"))
    (site / "hello" / "__init__.py").unlink()
    answer = screen(shop)
    assert answer[:4] == [*top("is out of date"), "          - requirement `more` was added"]
    assert answer[-4:] == [
        "  holds   2 packages: 1 to replace",
        "          - hello: damaged: `hello/__init__.py` is missing",
        "",
        "Next: `wheelright sync` brings lock and venv up to date",
    ]
    shop.ok("lock")
    assert screen(shop)[-4:-2] == [
        "  holds   2 packages: 1 missing, 1 to replace",
        "          - hello: damaged: `hello/__init__.py` is missing",
    ]


def test_measured_needs_are_shown(shop: Workbench) -> None:
    shop.ok("sync")
    path = shop.venv / "wheelright.json"
    record = json.loads(path.read_text())
    needs = BinaryNeeds("b/_b.so", "elf", "linux", "x86_64", 64, libc="glibc", floor=(2, 99))
    record["packages"][0]["needs"] = to_plain(WheelNeeds((needs,)))
    record["packages"][1]["needs"] = None
    record["platform"] = "x86_64-manylinux_2_99"
    path.write_text(json.dumps(record))
    answer = screen(shop)
    assert answer[4:7] == [
        "  for     the machine it was made on, glibc 2.99, x86_64, Python [VERSION]",
        "  fits    no",
        "  needs   glibc 2.99 or newer, for `binary` (b/_b.so); 1 package not measured",
    ]
    assert answer[-1] == f"Next: `wheelright sync --for {PLATFORM}` makes it serve both"


def test_an_interpreter_that_is_gone(shop: Workbench) -> None:
    shop.ok("sync")
    (shop.venv / "bin" / "python").unlink()
    answer = screen(shop)
    assert "its interpreter `[PROJECT]/.venv/bin/python` is gone" in "\n".join(answer)
    assert answer[-1] == "Next: `wheelright sync` brings lock and venv up to date"


def test_each_of_several(shop: Workbench) -> None:
    shop.write("hello", "binary", more=TARGETS)
    shop.ok("sync --for plc")
    shop.ok("sync --for win")
    assert screen(shop) == [
        *top(),
        f"venv      * .venv/plc-{MINOR}",
        "  for     plc (glibc 2.17, x86_64), Python [VERSION]",
        "  fits    yes",
        "  needs   any version will do",
        "  holds   2 packages",
        f"venv      .venv/win-{MINOR}",
        "  for     win (Windows, x86_64), Python [VERSION]",
        "  fits    no",
        "  needs   any version will do",
        "  holds   2 packages",
        "",
        "All is as it should be",
    ]


def test_a_sync_that_would_be_refused(shop: Workbench) -> None:
    shop.ok("sync")
    answer = shop.ok("status", WHEELRIGHT_TARGET="nope")
    assert answer.out.splitlines()[-4:] == [
        "  holds   2 packages",
        "  sync    is refused: `nope` is neither a declared target nor the name of a platform",
        "",
        "Next: `wheelright sync --dry-run` tells what would help",
    ]
    assert shop("status --check", WHEELRIGHT_TARGET="nope").code == 1


def test_a_venv_that_cannot_be_used(shop: Workbench) -> None:
    shop.ok("sync")
    (shop.venv / "bin" / "python").unlink()
    assert shop.ok("status").out.splitlines()[-4:] == [
        "  needs   any version will do",
        (
            "  broken  the virtual environment `[PROJECT]/.venv` cannot be used: its interpreter"
            " `[PROJECT]/.venv/bin/python` is gone"
        ),
        "",
        "Next: `wheelright sync` brings lock and venv up to date",
    ]


def test_something_else_in_place_of_the_venv(shop: Workbench) -> None:
    shop.ok("lock")
    shop.venv.mkdir()
    (shop.venv / "file").write_text("")
    assert shop.ok("status").out.splitlines()[-4:] == [
        "venv      .venv",
        "  broken  `[PROJECT]/.venv` is not a virtual environment: it has no `pyvenv.cfg`",
        "",
        "Next: `wheelright sync --dry-run` tells what would help",
    ]


def test_the_document(shop: Workbench) -> None:
    shop.ok("sync")
    document = json.loads(shop.ok("status --output-format json").out)
    assert list(document) == [
        "schema", "sound", "machine", "machine_words", "project", "name", "lock",
        "lock_reasons", "default_target", "venvs",
    ]  # fmt: skip
    assert (document["schema"], document["sound"], document["lock"]) == (1, True, "current")
    (venv,) = document["venvs"]
    assert venv == {
        "path": "[PROJECT]/.venv", "target": None, "platform": PLATFORM, "words": HERE,
        "python": VERSION, "packages": 2, "fits": True, "misfit": None, "help": None, "need": None,
        "unmeasured": [], "install": [], "replace": [], "remove": [], "reasons": [], "anew": None,
        "problem": None, "refusal": None, "guard": "warn", "picked": True, "differs": False,
    }  # fmt: skip


def test_without_a_project(shop: Workbench, tmp_path: Path) -> None:
    shop.ok("sync")
    shop.patch.chdir(tmp_path)
    assert shop.ok("status").out == lines(
        f"machine   {HERE}",
        "venv      none yet",
        "",
        "There is no project and no venv here: `wheelright init` makes a project",
    )
    answer = shop.ok("status", VIRTUAL_ENV=str(shop.venv)).out.splitlines()
    assert answer[0] == f"machine   {HERE}"
    assert answer[2] == f"  for     the machine it was made on, {HERE}, Python [VERSION]"
    assert answer[-1] == "All is as it should be"


def test_what_the_last_sync_was_asked_for_counts(shop: Workbench) -> None:
    shop.index.add("docs", "1.0")
    shop.index.add("tested", "1.0")
    groups = '[dependency-groups]\ndev = ["tested"]\ndocs = ["docs"]\n'
    shop.write("hello", "binary", more=groups)
    shop.ok("sync --group docs --no-dev")
    assert screen(shop)[-3:] == ["  holds   3 packages", "", "All is as it should be"]
    # So it does where something is removed: what was not asked for does not come.
    assert shop.ok("remove binary").err.splitlines()[-2:] == [
        " - binary==1.0",
        "Removed 1 package in [TIME]",
    ]
    assert set(shop.installed()) == {"hello", "docs"}
    assert shop.ok("remove docs --group docs").err.splitlines()[-2] == " - docs==1.0"
    assert set(shop.installed()) == {"hello"}
