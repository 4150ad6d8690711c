"""Show Wheelright at work on real projects, as a person would type it, in a temporary folder.

First a small project with binary wheels, for this machine and then for an older one; then one
lock for three machines that are not here, proved; then ``jupyter``, a large one. Needs the network.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

WHEELRIGHT = Path(sys.executable).with_name("wheelright")
OLD_MACHINE = "x86_64-manylinux_2_17"

SIGN = """\
import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.generate()
key.public_key().verify(key.sign(b"hello"), b"hello")
print("signed and verified; paramiko", paramiko.__version__)"""
NOTEBOOK = "import notebook; print('notebook', notebook.__version__)"


def title(text: str) -> None:
    """Head a part of the demonstration."""
    print(f"\n== {text} ==", flush=True)


TARGETS = """
[tool.wheelright.targets]
plc = { platform = "x86_64-manylinux_2_17" }
alpine = { platform = "aarch64-musllinux_1_2" }
mac = { platform = "macos-12-arm64" }
"""


def make_project(root: Path, name: str, *dependencies: str, more: str = "") -> Path:
    """Write the ``pyproject.toml`` of a project, show it, and return its folder."""
    project = root / name
    project.mkdir()
    listed = ", ".join(f'"{dependency}"' for dependency in dependencies)
    text = dedent(
        f"""\
        [project]
        name = "{name}"
        version = "0.1.0"
        requires-python = ">=3.11"
        dependencies = [{listed}]

        [tool.wheelright]
        package = false
        """
    )
    text += more
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    print(text, flush=True)
    return project


def wheelright(project: Path, *arguments: str) -> None:
    """Run ``wheelright`` in the project as a person would; leave with its exit code if it fails."""
    shown = shlex.join(arguments)
    print(f"$ wheelright {shown}", flush=True)
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    start = time.perf_counter()
    done = subprocess.run([WHEELRIGHT, *arguments], cwd=project, env=variables, check=False)
    print(f"({time.perf_counter() - start:.2f} s)\n", flush=True)
    if done.returncode != 0:
        print(
            f"demo: `wheelright {arguments[0]}` ended with code {done.returncode}", file=sys.stderr
        )
        sys.exit(done.returncode)


def installed_tags(venv: Path) -> list[tuple[str, str]]:
    """Return name and version, and the tags, of all that is installed, from each ``WHEEL`` file."""
    rows = []
    for path in sorted(venv.glob("[Ll]ib/**/site-packages/*.dist-info/WHEEL")):
        tags = [
            line.partition(":")[2].strip()
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("Tag:")
        ]
        rows.append((path.parent.name.removesuffix(".dist-info"), ", ".join(tags)))
    return rows


def main() -> None:
    """Run the demonstration."""
    with TemporaryDirectory(prefix="wheelright-demo-") as folder:
        root = Path(folder)
        title("A project with binary wheels")
        project = make_project(root, "signer", "cryptography>=42", "paramiko")
        wheelright(project, "lock")
        wheelright(project, "sync")
        wheelright(project, "run", "python", "-c", SIGN)
        title(f"The same for an older machine: {OLD_MACHINE}")
        wheelright(project, "sync", "--python-platform", OLD_MACHINE)
        print("the tags now installed:")
        for name, tags in installed_tags(project / ".venv"):
            print(f"  {name:<24} {tags}")
        title("One lock for three machines that are not here")
        wanted = ("numpy", "cryptography", "pydantic", "pandas")
        project = make_project(root, "plant", *wanted, more=TARGETS)
        wheelright(project, "lock")
        wheelright(project, "check", "--all-targets", "--binaries")
        wheelright(project, "matrix")
        title("A large project")
        project = make_project(root, "laboratory", "jupyter")
        wheelright(project, "lock")
        wheelright(project, "sync")
        wheelright(project, "run", "python", "-c", NOTEBOOK)


if __name__ == "__main__":
    main()
