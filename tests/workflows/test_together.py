"""Several processes at work on one project, one venv and one store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.workbench import lines, serve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.workbench import Workbench

SOURCE = Path(__file__).parents[2] / "src"
PROGRAM = "import sys; from wheelright.start import main; sys.exit(main())"
ADDED = ("one", "two", "three", "four")


# Another machine, as far as its processes can tell: another name, other numbers of processes.
ELSEWHERE = ("unshare", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c",
             'hostname elsewhere && exec "$@"', "sh")  # fmt: skip


def start(*arguments: str, elsewhere: bool = False) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    if elsewhere:
        command = [*ELSEWHERE, *command]
    return subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)


def together(commands: Sequence[Sequence[str]], *, two_machines: bool = False) -> list[str]:
    """Run all at once; returns what each said, and requires that all went well."""
    running = [
        start(*command, elsewhere=two_machines and number % 2 == 1)
        for number, command in enumerate(commands)
    ]
    said = [one.communicate(timeout=300)[1] for one in running]
    for command, one, text in zip(commands, running, said, strict=True):
        assert one.returncode == 0, (command, text)
    return said


def prepare(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {"requires": ["beta"]}, "beta 1.0": {}, "gone 1.0": {}})
    for name in ADDED:
        many = {f"{name}/m{number}.py": f"x = {number}\n" for number in range(50)}
        bench.index.add(name, "1.0", files={f"{name}/__init__.py": "", **many})
    bench.write("alpha", "gone")


def check_end(bench: Workbench, added: Sequence[str]) -> None:
    """The last state is the right one: nobody's change was lost, nothing is half done."""
    wanted = {"alpha", "beta", *added}
    assert set(bench.locked()) == wanted
    assert set(bench.versions()) == wanted
    count = f"{len(wanted)} packages"
    assert bench.ok("sync --verify").err == f"Nothing to do: {count} are as locked, file by file\n"
    assert bench.ok("lock").err == f"Nothing to do: the lock is current ({count})\n"
    assert sorted(path.name for path in bench.project.iterdir()) == [
        ".venv",
        "pylock.toml",
        "pyproject.toml",
    ]
    assert [path.name for path in (bench.cache / "store" / "wheels" / ".new").iterdir()] == []


def test_two_change_the_project_at_once(bench: Workbench) -> None:
    prepare(bench)
    together([("add", "one"), ("remove", "gone")])
    check_end(bench, ["one"])


@pytest.mark.slow
@pytest.mark.parametrize("venv", [False, True], ids=["no-venv", "venv"])
def test_eight_processes(venv: bool, bench: Workbench) -> None:
    prepare(bench)
    if venv:
        bench.ok("sync")
    imports = ("run", "python", "-c", "import alpha, beta")
    together([
        *(("add", name) for name in ADDED),
        ("remove", "gone"),
        ("sync",),
        imports,
        imports,
    ])  # fmt: skip
    check_end(bench, ADDED)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may play two machines"
)
def test_two_machines_on_a_shared_folder(bench: Workbench) -> None:
    """They see neither each other's processes nor their names: the files of the locks must do."""
    if subprocess.run([*ELSEWHERE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this root may not make namespaces")
    prepare(bench)
    together([*(("add", name) for name in ADDED), ("sync",), ("remove", "gone")], two_machines=True)
    check_end(bench, ADDED)


@pytest.mark.slow
def test_eight_projects_share_a_store(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(bench)
    bench.write("alpha", "one", "two")
    bench.ok("lock")
    places = [f"envs/{number}" for number in range(8)]
    running = []
    for place in places:
        monkeypatch.setenv("WHEELRIGHT_PROJECT_ENVIRONMENT", place)
        running.append(start("sync", "--frozen"))
    said = [bench.plain(one.communicate(timeout=300)[1]) for one in running]
    whole = lines(
        " + alpha==1.0", " + beta==1.0", " + one==1.0", " + two==1.0",
        "Installed 4 packages in [TIME]",
    )  # fmt: skip
    assert said == [whole] * 8
    for place in places:
        assert set(bench.installed(bench.project / place)) == {"alpha", "beta", "one", "two"}
