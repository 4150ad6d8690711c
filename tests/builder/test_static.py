from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata

from wheelright.builder import BuildSystemError, static_metadata

if TYPE_CHECKING:
    from pathlib import Path


def write(source: Path, text: str) -> Path:
    (source / "pyproject.toml").write_text(text)
    return source


def test_what_decides_a_resolution_is_read(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        """
        [project]
        name = "Demo.App"
        version = "1.0-rc1"
        requires-python = ">=3.11"
        dependencies = ["idna>=3", "tomli; python_version < '3.11'", "x @ https://e.example/x.zip"]
        dynamic = ["readme"]
        [project.optional-dependencies]
        Fancy_Extra = ["rich>=13 ; os_name == 'nt' or os_name == 'posix'", "demo.app[other]"]
        other = []
        """,
    )

    found = static_metadata(source)

    assert found is not None
    assert found.decode() == (
        "Metadata-Version: 2.2\n"
        "Name: Demo.App\n"
        "Version: 1.0rc1\n"
        "Requires-Python: >=3.11\n"
        "Requires-Dist: idna>=3\n"
        'Requires-Dist: tomli; python_version < "3.11"\n'
        "Requires-Dist: x @ https://e.example/x.zip\n"
        "Provides-Extra: fancy-extra\n"
        'Requires-Dist: rich>=13; (os_name == "nt" or os_name == "posix") '
        'and extra == "fancy-extra"\n'
        'Requires-Dist: demo.app[other]; extra == "fancy-extra"\n'
        "Provides-Extra: other\n"
    )
    assert Metadata.from_email(found).name == "Demo.App"


@pytest.mark.parametrize(
    "text",
    [
        "[tool.other]\n",
        '[project]\nname = "demo"\n',
        '[project]\nversion = "1"\n',
        '[project]\nname = "demo"\nversion = "no version"\n',
        '[project]\nname = "demo"\nversion = "1"\ndependencies = ["a >> 1"]\n',
        '[project]\nname = "demo"\nversion = "1"\ndependencies = "a"\n',
        '[project]\nname = "demo"\nversion = "1"\nrequires-python = "3!"\n',
        '[project]\nname = "demo"\ndynamic = ["version"]\n',
        '[project]\nname = "demo"\nversion = "1"\ndynamic = ["dependencies"]\n',
        '[project]\nname = "demo"\nversion = "1"\ndynamic = ["optional-dependencies"]\n',
        '[project]\nname = "demo"\nversion = "1"\ndynamic = "dependencies"\n',
        '[project]\nname = "demo"\nversion = "1"\noptional-dependencies = 3\n',
    ],
)
def test_the_backend_must_be_asked(tmp_path: Path, text: str) -> None:
    assert static_metadata(write(tmp_path, text)) is None


def test_without_a_pyproject_the_backend_must_be_asked(tmp_path: Path) -> None:
    assert static_metadata(tmp_path) is None


def test_broken_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildSystemError, match="is not valid TOML"):
        static_metadata(write(tmp_path, "[project\n"))
