"""Inline metadata of scripts: PEP 723 and its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelright.project.errors import ProjectFileError
from wheelright.project.scripts import read_script, script_from_text

PATH = Path("run.py")
FULL = """\
#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "Flask>=3",
#   "rich",
# ]
#
# [tool.uv]
# exclude-newer = "2026-01-31"
# ///
import flask
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_metadata(newline: str) -> None:
    script = script_from_text(PATH, FULL.replace("\n", newline))
    assert script is not None
    assert [str(one) for one in script.dependencies] == ["flask>=3", "rich"]
    assert str(script.requires_python) == ">=3.11"
    assert script.settings.exclude_newer is not None
    assert script.settings.exclude_newer.text == "2026-01-31"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "print()\n",
        "# /// scripts\n# ///\n",
        "# /// other\n# x = \n# ///\n",
        "  # /// script\n  # ///\n",
        "#/// script\n# ///\n",
    ],
)
def test_no_metadata(text: str) -> None:
    assert script_from_text(PATH, text) is None


def test_empty_metadata() -> None:
    script = script_from_text(PATH, "# /// script\n# ///\n")
    assert script is not None
    assert (script.dependencies, script.requires_python) == ((), None)


def test_the_last_closing_line_counts() -> None:
    text = '# /// script\n# dependencies = ["a"]\n# # ///\n# ///\n# more\n'
    script = script_from_text(PATH, text)
    assert script is not None
    assert len(script.dependencies) == 1


FAULTS = {
    "never closed": (
        "x\n# /// script\n# dependencies = []\nimport a\n# ///\n",
        "The metadata block `# /// script` of `run.py` is never closed by a line `# ///`",
        (2, 1, 12, "# /// script"),
    ),
    "twice": (
        "# /// script\n# ///\n\n# /// script\n# ///\n",
        "The metadata block `# /// script` of `run.py` is the second one; a script has one",
        (4, 1, 12, "# /// script"),
    ),
    "no TOML": (
        "# /// script\n# dependencies = [\n# ///\n",
        "`run.py` is not valid TOML: invalid value",
        None,
    ),
    "bad requirement": (
        '# /// script\n# dependencies = [\n#   "flask >> 3",\n# ]\n# ///\n',
        (
            "`dependencies[0]` is not a valid requirement: `flask >> 3`: expected semicolon "
            "(after name with no version specifier) or end"
        ),
        (3, 12, 1, '#   "flask >> 3",'),
    ),
    "unknown key": (
        "# /// script\n# dependancies = []\n# ///\n",
        "`dependancies` is not a known key",
        (2, 3, 12, "# dependancies = []"),
    ),
    "bad specifier": (
        "# /// script\n# requires-python = '3.11'\n# ///\n",
        "`requires-python` is not a valid version specifier: `3.11`",
        (2, 22, 4, "# requires-python = '3.11'"),
    ),
    "bad setting": (
        "# /// script\n# [tool.wheelright]\n# ofline = true\n# ///\n",
        "`tool.wheelright.ofline` is not a known key",
        (3, 3, 6, "# ofline = true"),
    ),
}


@pytest.mark.parametrize(("text", "message", "place"), FAULTS.values(), ids=list(FAULTS))
def test_faults(text: str, message: str, place: tuple[int, int, int, str] | None) -> None:
    with pytest.raises(ProjectFileError) as caught:
        script_from_text(PATH, text)
    assert caught.value.message == message
    excerpt = caught.value.excerpt
    assert excerpt is not None
    if place is not None:
        assert (excerpt.line, excerpt.column, excerpt.length, excerpt.text) == place


def test_a_script_on_disk(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(FULL)
    assert read_script(tmp_path / "run.py") is not None
    with pytest.raises(ProjectFileError) as caught:
        read_script(tmp_path / "none.py")
    assert caught.value.message == "`none.py` cannot be read: no such file or directory"
