"""Stories told by ``data/*.toml``: an index, a project, and what each command says and does.

A file has ``about``; ``requirements`` and ``project`` (more TOML of ``pyproject.toml``);
``[index."NAME VERSION"]`` with the arguments of ``LocalIndex.add``; and ``[[steps]]``:

- before the command, in this order: ``remove`` (file names), ``add`` (as ``index``), ``faults``
  (file pattern to list of faults), ``heal``, ``requirements``, ``project``
- ``run``: the words after ``wheelright``
- ``code`` (0 unless said), ``out`` and ``err`` (whole), ``installed`` (name to tags),
  ``versions``, ``locked`` (name to version), ``requests`` (how many the index heard)

``RETELL_SCENARIOS=1 pytest tests/scenarios`` writes what is said now into the files: read the
difference before it is kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from support.workbench import serve

if TYPE_CHECKING:
    from support.workbench import Answer, Workbench

STORIES = sorted((Path(__file__).parent / "data").glob("*.toml"))
RETELL = bool(os.environ.get("RETELL_SCENARIOS"))
KNOWN = {
    "add", "remove", "faults", "heal", "requirements", "project", "run",
    "code", "out", "err", "installed", "versions", "locked", "requests",
}  # fmt: skip


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(path: Path, bench: Workbench) -> None:
    document = tomlkit.parse(path.read_text())
    story: dict[str, Any] = document.unwrap()
    assert story.keys() <= {"about", "requirements", "project", "index", "steps"}
    serve(bench.index, story["index"])
    bench.write(*story.get("requirements", ()), more=story.get("project", ""))
    for number, step in enumerate(story["steps"], 1):
        assert step.keys() <= KNOWN, f"step {number} has unknown keys"
        _prepare(bench, story | step, step)
        bench.index.clear_log()
        answer = bench(step["run"])
        if RETELL:
            _retell(document["steps"][number - 1], step, answer)
            continue
        _judge(bench, step, answer, f"step {number}, `{step['run']}`")
    if RETELL:
        text = tomlkit.dumps(document)
        path.write_text(re.sub(r"= '''(?=[^\n'])", "= '''\n", text))


def _prepare(bench: Workbench, known: dict[str, Any], step: dict[str, Any]) -> None:
    for name in step.get("remove", ()):
        listed = bench.index.find(name)
        assert listed is not None
        bench.index.remove(listed.project, name)
    serve(bench.index, step.get("add", {}))
    for pattern, faults in step.get("faults", {}).items():
        bench.index.fault(pattern, *faults)
    if step.get("heal"):
        bench.index.heal()
    if step.keys() & {"requirements", "project"}:
        bench.write(*known.get("requirements", ()), more=known.get("project", ""))


def _judge(bench: Workbench, step: dict[str, Any], answer: Answer, place: str) -> None:
    said = {"code": answer.code, "out": answer.out, "err": answer.err}
    wanted = {"code": step.get("code", 0), "out": step.get("out", ""), "err": step["err"]}
    assert said == wanted, place
    if "installed" in step:
        assert bench.installed() == step["installed"], place
    if "versions" in step:
        assert bench.versions() == step["versions"], place
    if "locked" in step:
        assert bench.locked() == step["locked"], place
    if "requests" in step:
        assert len(bench.index.log) == step["requests"], (place, bench.index.log)


def _retell(table: Any, step: dict[str, Any], answer: Answer) -> None:
    if answer.code != step.get("code", 0):
        table["code"] = answer.code
    elif not answer.code:
        table.pop("code", None)
    for key, text in (("out", answer.out), ("err", answer.err)):
        if text != step.get(key, ""):
            table[key] = tomlkit.string(text, literal=True, multiline=True)
        elif key == "err" and "err" not in step:
            table[key] = ""
