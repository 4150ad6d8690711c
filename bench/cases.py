"""The cases: what a project requires, and what is added to it in the work ``add``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.places import CORPUS

_AIRFLOW_EXTRAS: Final = (
    "amazon,celery,cncf-kubernetes,docker,ftp,http,imap,microsoft-azure,postgres,redis,slack,ssh"
)
CUTOFF: Final = "2026-11-01T00:00:00Z"
"""The corpora are resolved as of this time."""


@dataclass(frozen=True, slots=True)
class Case:
    """One project. ``added`` is the requirement for the work ``add``, ``python`` its range.

    ``left_out`` are works that are not measured, ``peers`` the tools it is measured beside if
    nobody names others. ``works`` are the only ones of a case that is there to show growth;
    ``made`` is how much is then made for it (see ``bench.growth``).
    """

    name: str
    title: str
    requirements: tuple[str, ...]
    added: str
    python: str = ">=3.11,<4.0"
    left_out: tuple[str, ...] = ()
    peers: tuple[str, ...] = ("uv", "pip", "poetry", "pdm")
    works: tuple[str, ...] = ()
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """How many packages are made for a case, and how many files each of their wheels has."""

    packages: int
    files: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """A real requirements file or project, locked for every platform with ``pip compile``."""

    name: str
    file: str
    options: tuple[str, ...] = ()


CASES: Final = (
    Case("jupyter", "The notebook and all that belongs to it", ("jupyter",), "requests-oauthlib"),
    Case("web", "A small web application", ("fastapi[standard]", "sqlalchemy", "httpx"), "alembic"),
    Case(
        "science",
        "The scientific staples: few packages, large files",
        ("numpy", "pandas", "scipy", "scikit-learn", "matplotlib"),
        "seaborn",
        left_out=("sync-compiled",),
    ),
    Case(
        "large",
        "Apache Airflow with twelve extras",
        (f"apache-airflow[{_AIRFLOW_EXTRAS}]",),
        "rich-click",
        ">=3.11,<3.14",
        # Without `google`, of which uv locks an old release for some machines: not the same work.
        # The first would record whole wheels of a thousand versions; nothing serves the targets.
        left_out=("sync-compiled", "lock-plain", "lock-targets", "check-targets"),
        peers=("uv",),  # one lock of the others takes minutes
    ),
    Case(
        "tiny",
        "Packages of many tiny files",
        ("sympy", "botocore", "plotly", "django", "faker", "babel", "pytz", "tzdata"),
        "six",
        left_out=("sync-compiled",),
    ),
)

GROWING_PACKAGES: Final = (25, 50, 100, 200, 400, 800)
GROWING_FILES: Final = (1_000, 3_000, 10_000, 30_000, 100_000)


def growing() -> list[Case]:
    """List the cases that show growth: packages first, then files."""
    return [_growing("packages", count, Made(count, 4)) for count in GROWING_PACKAGES] + [
        _growing("files", count, Made(40, count // 40)) for count in GROWING_FILES
    ]


def _growing(what: str, count: int, made: Made) -> Case:
    works = {"packages": ("noop", "lock-cold", "lock-cached"), "files": ("noop", "sync-warm")}
    return Case(
        f"{what}-{count}",
        f"{count} {what}",
        (f"made-{what}-{count}-0",),
        "",
        peers=("uv",),
        works=works[what],
        made=made,
    )


_OPTIONS: Final = {
    "httpx": ("--all-extras",),
    "jupyterlab": ("--all-extras",),
    "semantic-kernel": ("--all-extras",),
}


def corpora() -> list[Corpus]:
    """List the corpora that are there, none where the folder is absent."""
    if not CORPUS.is_dir():
        return []
    found = [Corpus(f"corpus-{path.stem}", str(path)) for path in sorted(CORPUS.glob("*.in"))]
    for path in sorted(CORPUS.glob("*/pyproject.toml")):
        name = path.parent.name
        found.append(Corpus(f"corpus-{name}", str(path), _OPTIONS.get(name, ())))
    return found
