from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support.tools import load_tool

if TYPE_CHECKING:
    from pathlib import Path

hosts = load_tool("hosts")


def test_the_hosts_are_known_without_being_written() -> None:
    found = hosts.registry_hosts()

    assert len(found) == 4
    assert all("." in host and "/" not in host for host in found)


def test_a_mention_is_shown_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\nsee https://index.example/simple\nindex.example again\n")

    found = list(hosts.mentions([path], ["index.example", "other.example"]))

    assert found == [f"{path}:2: index.example", f"{path}:3: index.example"]


def test_new_files_are_looked_at_and_ignored_ones_are_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").touch()
    (tmp_path / "new").touch()

    names = [path.name for path in hosts.tracked_files(tmp_path)]

    assert sorted(names) == [".gitignore", "new"]
