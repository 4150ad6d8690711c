"""The generated reference pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.cli.reference import command_reference, main, settings_reference
from wheelright.cli.registry import Registry
from wheelright.project import KeyDoc

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).parents[2] / "docs" / "reference"

SIZE = """\
## wheelright cache size

Show how large the cache is.

```
wheelright cache size [OPTIONS]
```

Prints the size in bytes.

| option | | variable |
|---|---|---|
| `-H`, `--human` | Print the size for people, as in `54.0 MiB` | `WHEELRIGHT_HUMAN` |

Also: [global options](#global-options).
"""


def test_a_command() -> None:
    assert SIZE in command_reference()


def test_shared_options_are_told_once() -> None:
    text = command_reference()
    assert text.count("`WHEELRIGHT_EXCLUDE_NEWER`") == 1
    assert text.count("[resolver options](#resolver-options)") == 10


def test_every_command_and_option_is_there() -> None:
    text = command_reference()
    for entry in Registry().entries:
        assert f"\n## wheelright {entry.name}\n" in text
        for option in entry.load().options:
            assert f"`{option.name}`" in text
            assert option.variable in text or not option.in_environment


def test_a_setting() -> None:
    keys = [
        KeyDoc("offline", "true or false", "Stay here.", "false", "offline", "WHEELRIGHT_O", False),
        KeyDoc("targets", "a list", "Serve these.", "", None, None, True),
    ]
    assert settings_reference(keys).split("\n\n## ")[1:] == [
        (
            "offline\n\nStay here.\n\n- takes: true or false\n- default: `false`\n"
            "- variable: `WHEELRIGHT_O`\n- honoured in `[tool.uv]` as `offline`"
        ),
        (
            "targets\n\nServe these.\n\n- takes: a list\n"
            "- only in a project, not in the user's settings\n"
        ),
    ]


def test_write_then_check_then_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reference"
    assert main(["--check", str(folder)]) == 1
    capsys.readouterr()
    assert main(["--write", str(folder)]) == 0
    wrote = f"wrote {folder / 'cli.md'}\nwrote {folder / 'configuration.md'}\n"
    assert capsys.readouterr() == ("", wrote)
    assert main(["--write", str(folder)]) == 0
    assert main(["--check", str(folder)]) == 0
    assert capsys.readouterr() == ("", "")
    (folder / "cli.md").write_text("old")
    assert main(["--check", str(folder)]) == 1
    assert capsys.readouterr().err == (
        f"{folder / 'cli.md'} is not as the code is\n"
        f"write it anew: python -m wheelright.cli.reference --write {folder}\n"
    )


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == (
        "usage: python -m wheelright.cli.reference --write DIR | --check DIR\n"
    )


def test_the_page_in_the_tree_is_as_the_code_is() -> None:
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == command_reference()
