"""``pip compile``: what is written, what is kept, and for which environments it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.wheels import make_wheel, sdist_files, write_project
from support.workbench import lines

if TYPE_CHECKING:
    from support.workbench import Workbench


@pytest.fixture
def served(bench: Workbench) -> Workbench:
    """Serve a few projects, and a file that asks for them."""
    bench.index.add("app-kit", "1.0", requires=["leaf>=1"])
    bench.index.add(
        "app-kit",
        "2.0",
        requires=["leaf>=1", "stem ; extra == 'fast'", "winonly ; sys_platform == 'win32'"],
        extras={"fast": []},
    )
    bench.index.add("leaf", "1.5")
    bench.index.add("leaf", "2.1")
    bench.index.add("stem", "1.0", requires=["leaf"])
    bench.index.add("winonly", "1.0")
    (bench.project / "requirements.in").write_text("app-kit[fast]\n")
    return bench


def _compile(bench: Workbench, line: str) -> str:
    return bench.ok(f"pip compile {line}").out


ALL = """\
# Written by Wheelright with this command:
#    wheelright pip compile requirements.in
app-kit==2.0
    # via -r requirements.in
leaf==2.1
    # via
    #   app-kit
    #   stem
stem==1.0
    # via app-kit
"""


def test_pins_everything_that_is_needed_here(served: Workbench) -> None:
    assert _compile(served, "requirements.in") == ALL


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("--no-header --no-annotate", "app-kit==2.0\nleaf==2.1\nstem==1.0\n"),
        ("--no-header --no-annotate --no-deps", "app-kit==2.0\n"),
        (
            "--no-header --no-annotate --no-strip-extras",
            "app-kit[fast]==2.0\nleaf==2.1\nstem==1.0\n",
        ),
        (
            "--no-header --annotation-style line",
            (
                "app-kit==2.0              # via -r requirements.in\n"
                "leaf==2.1                 # via app-kit, stem\n"
                "stem==1.0                 # via app-kit\n"
            ),
        ),
        (
            "--no-header --no-annotate --no-emit-package leaf,other",
            "app-kit==2.0\nstem==1.0\n\n# Needed too, and left out on request:\n# leaf\n",
        ),
        (
            "--no-header --no-annotate --universal --python-version 3.9",
            "app-kit==2.0\nleaf==2.1\nstem==1.0\nwinonly==1.0 ; sys_platform == 'win32'\n",
        ),
        (
            "--no-header --no-annotate --python-platform windows",
            "app-kit==2.0\nleaf==2.1\nstem==1.0\nwinonly==1.0\n",
        ),
        ("--no-header --no-annotate --resolution lowest", "app-kit==1.0\nleaf==1.5\n"),
    ],
)
def test_options_decide_how_it_looks(served: Workbench, options: str, text: str) -> None:
    assert _compile(served, f"requirements.in {options}") == text


def test_the_index_is_written_without_credentials(served: Workbench) -> None:
    url = served.index.url.replace("://", "://user:secret@")
    text = _compile(served, f"requirements.in --no-annotate --emit-index-url -i {url}")
    assert text.splitlines()[2] == "--index-url [INDEX]/simple/"
    assert "secret" not in text


def test_writes_hashes_of_all_files(served: Workbench) -> None:
    hashes = sorted(
        listed.hashes["sha256"]
        for listed in served.index.add("leaf", "3.0", tags=["py3-none-any"], sdist=True)
    )
    (served.project / "requirements.in").write_text("leaf\n")
    assert _compile(served, "requirements.in --generate-hashes --no-header") == (
        f"leaf==3.0 \\\n    --hash=sha256:{hashes[0]} \\\n    --hash=sha256:{hashes[1]}\n"
        "    # via -r requirements.in\n"
    )


def test_an_output_file_keeps_its_versions(served: Workbench) -> None:
    out = served.project / "pins.txt"
    out.write_text("leaf==1.5\n")
    said = served.ok("pip compile requirements.in -o pins.txt").err
    assert said == "Compiled 3 packages in [TIME]\nWrote pins.txt\n"
    text = out.read_text()
    assert "leaf==1.5\n" in text
    before = out.stat().st_mtime_ns
    said = served.ok("pip compile requirements.in -o pins.txt").err
    assert said == "Nothing to do: pins.txt is current (3 packages)\n"
    assert (out.read_text(), out.stat().st_mtime_ns) == (text, before)


@pytest.mark.parametrize("upgrade", ["-U", "-P leaf", "-P leaf>=2"])
def test_an_upgrade_moves_what_was_asked_for(served: Workbench, upgrade: str) -> None:
    out = served.project / "pins.txt"
    out.write_text("leaf==1.5\napp-kit==1.0\n")
    served.ok(f"pip compile requirements.in -o pins.txt {upgrade}")
    assert "leaf==2.1\n" in out.read_text()
    assert ("app-kit==1.0\n" in out.read_text()) is (upgrade != "-U")


def test_an_output_file_that_is_none_is_said_and_replaced(served: Workbench) -> None:
    out = served.project / "pins.txt"
    out.write_text("leaf=1.5\n")
    said = served.ok("pip compile requirements.in -o pins.txt").err
    assert said.startswith("warning: `[PROJECT]/pins.txt` cannot be read, so that its versions")
    assert "leaf==2.1\n" in out.read_text()


def test_nothing_is_written_where_nothing_satisfies(served: Workbench) -> None:
    (served.project / "requirements.in").write_text("leaf>=1\nleaf>=9\n")
    answer = served("pip compile requirements.in -o pins.txt")
    assert answer.code == 1
    assert answer.err.startswith("error: no versions satisfy the requirements of `requirements.in`")
    assert not (served.project / "pins.txt").exists()


def test_constraints_and_overrides_stand_in_the_annotations(served: Workbench) -> None:
    (served.project / "limits.txt").write_text("leaf<2\nunused==1\n")
    text = _compile(served, "requirements.in -c limits.txt --no-header")
    assert "leaf==1.5\n    # via\n    #   -c limits.txt\n    #   app-kit\n    #   stem\n" in text


def test_reads_project_files(served: Workbench) -> None:
    served.write(
        "app-kit",
        more='[project.optional-dependencies]\nx = ["stem"]\n[dependency-groups]\ndev = ["leaf"]\n',
    )
    assert _compile(served, "pyproject.toml --all-extras --group dev --no-header") == (
        "app-kit==2.0\n    # via app (pyproject.toml)\n"
        "leaf==2.1\n    # via\n    #   pyproject.toml (group dev)\n    #   app-kit\n    #   stem\n"
        "stem==1.0\n    # via app (pyproject.toml, extra x)\n"
    )


def test_the_python_that_is_named_decides(bench: Workbench) -> None:
    bench.index.add("tool", "1.0", requires=["old ; python_full_version < '3.9.1'"])
    bench.index.add("tool", "2.0", requires_python=">=3.9.1")
    bench.index.add("old", "1.0")
    (bench.project / "requirements.in").write_text("tool\n")
    plain = "requirements.in --no-header --no-annotate --python-version"
    assert _compile(bench, f"{plain} 3.9") == "old==1.0\ntool==1.0\n"
    assert _compile(bench, f"{plain} 3.9.1") == "tool==2.0\n"


def test_a_place_stays_a_place(served: Workbench) -> None:
    name, data = make_wheel("solo", "1.0", requires=["leaf"])
    (served.project / name).write_bytes(data)
    (served.project / "requirements.in").write_text(f"./{name}\n")
    assert _compile(served, "requirements.in --no-header") == (
        f"leaf==2.1\n    # via solo\n./{name}\n    # via -r requirements.in\n"
    )
    (served.project / "requirements.in").write_text((served.project / name).as_uri())
    assert _compile(served, "requirements.in --no-header") == (
        f"leaf==2.1\n    # via solo\nsolo @ file://[PROJECT]/{name}\n    # via -r requirements.in\n"
    )


def test_relative_paths_stay_relative_to_what_is_written(served: Workbench) -> None:
    for name in ("one", "two"):
        write_project(served.project / name, sdist_files(name, "1.0"))
    (served.project / "in").mkdir()
    (served.project / "in" / "r.in").write_text("-e ../one\n../two[x]\n")
    plain = "in/r.in --no-header --no-annotate"
    assert _compile(served, plain) == "-e ./one\n./two\n"
    served.ok(f"pip compile {plain} -o in/r.txt")
    assert (served.project / "in" / "r.txt").read_text() == "-e ../one\n../two\n"
    assert " + one==1.0\n + two==1.0\n" in served.ok("pip sync in/r.txt --target out --dry-run").err


def test_a_group_of_the_project_here_needs_no_file(served: Workbench) -> None:
    served.write(more='[dependency-groups]\ndev = ["leaf<2"]\n')
    assert _compile(served, "--no-header --group dev") == (
        "leaf==1.5\n    # via pyproject.toml (group dev)\n"
    )
    answer = served("pip compile")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: `wheelright pip compile` needs a FILE",
            "hint: name a requirements file or a `pyproject.toml`, or a group of it with `--group`",
        ),
    )


def test_writes_a_lock_for_the_one_environment(served: Workbench) -> None:
    said = served.ok("pip compile requirements.in -o pylock.toml --python-version 3.12").err
    assert said == "Compiled 3 packages in [TIME]\nWrote pylock.toml\n"
    lock = served.lock()
    assert [(one.name, one.version) for one in lock.packages] == [
        ("app-kit", "2.0"),
        ("leaf", "2.1"),
        ("stem", "1.0"),
    ]
    assert [text.partition(" and ")[0] for text in lock.environments] == [
        "python_version == '3.12'"
    ]
    line = "pip install --target out -r pylock.toml --dry-run --python-version"
    assert served(f"{line} 3.12").code == 0
    assert served(f"{line} 3.11").err.startswith("error: the lock does not cover this environment")


def test_what_was_compiled_can_be_synced(served: Workbench) -> None:
    served.ok("venv")
    served.ok("pip compile requirements.in -o pins.txt --generate-hashes")
    served.ok("pip sync -p .venv pins.txt --require-hashes")
    assert served.versions() == {"app-kit": "2.0", "leaf": "2.1", "stem": "1.0"}
