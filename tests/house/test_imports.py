"""What a command loads: a count that fails when it grows, since a time would not be steady."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"

#: What locking from the cache has no use for.
UNUSED = (
    "asyncio",
    "configparser",
    "email",
    "html",
    "http.client",
    "rich",
    "ssl",
    "tarfile",
    "tomlkit",
    "wheelright.builder",
    "wheelright.interpreters",
    "wheelright.outside.exchange",
    "wheelright.venv",
    "zipfile",
)


def test_what_a_lock_from_the_cache_loads(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
    )
    code = (
        "import sys; from wheelright.cli import main; code = main();"
        f"print(*sorted(set({UNUSED!r}) & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    environment = {name: value for name, value in os.environ.items() if "INDEX" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code, "lock", "-q", "--offline"],
        cwd=tmp_path,
        env={
            **environment,
            "PYTHONPATH": str(SOURCE),
            "WHEELRIGHT_CACHE_DIR": str(tmp_path / "cache"),
            "WHEELRIGHT_DEFAULT_INDEX": "https://index.invalid/simple/",
            "PIP_CONFIG_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "\n")
    assert (tmp_path / "pylock.toml").is_file()
