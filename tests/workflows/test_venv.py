"""Making venvs by hand: where, with which Python, and what is in the way."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.workbench import BASE_PYTHON, VERSION, lines, serve

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench


def settings(venv: Path) -> dict[str, str]:
    """Read ``pyvenv.cfg``."""
    pairs = (line.split(" = ") for line in (venv / "pyvenv.cfg").read_text().splitlines())
    return {key: value for key, value in pairs}  # noqa: C416 - pairs must be pairs


def test_the_venv_of_the_project(bench: Workbench) -> None:
    bench.write()
    answer = bench.ok("venv")
    assert (answer.out, answer.err) == (
        "",
        lines("Made .venv with Python [VERSION]", "Activate it with: source .venv/bin/activate"),
    )
    made = settings(bench.venv)
    assert made["prompt"] == "app"
    assert made["version_info"] == VERSION
    assert made["include-system-site-packages"] == "false"
    run = [
        str(bench.venv / "bin" / "python"),
        "-c",
        "import sys; print(sys.prefix != sys.base_prefix)",
    ]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "True\n"


def test_one_without_a_project(bench: Workbench) -> None:
    bench.ok("venv")
    assert settings(bench.venv)["prompt"] == "app"  # the directory is called so


def test_a_project_below_gets_its_own(bench: Workbench) -> None:
    bench.write()
    (bench.project / "src").mkdir()
    bench.ok("venv --directory src")
    assert bench.venv.is_dir()


@pytest.mark.parametrize(
    ("line", "place", "prompt"),
    [
        ("venv other", "other", "other"),
        ("venv deep/er --prompt mine", "deep/er", "mine"),
        ("venv other --prompt .", "other", "app"),
        ("venv --prompt mine", ".venv", "mine"),
    ],
)
def test_places_and_prompts(line: str, place: str, prompt: str, bench: Workbench) -> None:
    bench.write()
    bench.ok(line)
    assert settings(bench.project / place)["prompt"] == prompt


def test_another_place_by_the_environment(bench: Workbench) -> None:
    bench.write()
    bench.ok("venv", WHEELRIGHT_PROJECT_ENVIRONMENT="elsewhere")
    assert settings(bench.project / "elsewhere")["prompt"] == "app"
    assert not bench.venv.exists()


def test_system_site_packages(bench: Workbench) -> None:
    bench.ok("venv --system-site-packages")
    assert settings(bench.venv)["include-system-site-packages"] == "true"


def test_one_that_is_there_is_kept_unless_asked(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {}})
    bench.write("alpha")
    bench.ok("sync")
    answer = bench("venv")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: `[PROJECT]/.venv` is a virtual environment already",
            "  in [PROJECT]/.venv",
            "hint: make it anew with `--clear`, or keep it with `--allow-existing`",
        ),
    )
    bench.ok("venv --allow-existing --prompt other")
    assert bench.installed() == {"alpha": "py3-none-any"}
    assert settings(bench.venv)["prompt"] == "other"
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"
    bench.ok("venv --clear")
    assert bench.installed() == {}
    assert bench.ok("sync").err == lines(" + alpha==1.0", "Installed 1 package in [TIME]")


def test_a_broken_one_is_cleared(bench: Workbench) -> None:
    bench.ok("venv")
    (bench.venv / "bin" / "python").unlink()
    assert bench("venv").code == 2
    bench.ok("venv --clear")
    assert (bench.venv / "bin" / "python").exists()


@pytest.mark.parametrize("option", ["", " --clear", " --allow-existing"])
def test_other_directories_stay(option: str, bench: Workbench) -> None:
    (bench.project / "work").mkdir()
    (bench.project / "work" / "thesis.txt").write_text("all")
    answer = bench(f"venv work{option}")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: `[PROJECT]/work` is not a virtual environment: it has no `pyvenv.cfg`",
            "  in [PROJECT]/work",
            "hint: it was left as it is; move it away, or set `WHEELRIGHT_PROJECT_ENVIRONMENT`",
        ),
    )
    assert [path.name for path in (bench.project / "work").iterdir()] == ["thesis.txt"]


def test_the_python_is_asked_for_pinned_or_the_project_s(bench: Workbench) -> None:
    bench.write(python=">=3.90")
    bench.patch.delenv("WHEELRIGHT_PYTHON")
    bench.patch.setenv("PATH", str(BASE_PYTHON.parent))
    answer = bench("venv")
    assert answer.code == 1
    assert answer.err.startswith("error: no Python found meets `requires-python` `>=3.90`\n")
    bench.write()
    bench.ok("venv first")
    (bench.project / ".python-version").write_text("3.77\n")
    answer = bench("venv second")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: no Python found meets `3.77` and `requires-python` `>=3.9`\n"
        "  in [PROJECT]/.python-version\n"
    )
    assert not (bench.project / "second").exists()
    bench.ok(f"venv second --python {BASE_PYTHON}")
