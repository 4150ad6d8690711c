"""The cases: what a project requires, and what is added to it in the work ``add``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.places import CORPUS

_AIRFLOW_EXTRAS: Final = (
    "amazon,celery,cncf-kubernetes,docker,ftp,google,http,microsoft-azure,postgres,redis,slack,ssh"
)
CUTOFF: Final = "2026-11-01T00:00:00Z"
"""The corpora are resolved as of this time."""


@dataclass(frozen=True, slots=True)
class Case:
    """One project. ``added`` is the requirement for the work ``add``, ``python`` its range.

    ``left_out`` are works that are not measured.
    """

    name: str
    title: str
    requirements: tuple[str, ...]
    added: str
    python: str = ">=3.11,<4.0"
    left_out: tuple[str, ...] = ()


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
    ),
    Case(
        "large",
        "Apache Airflow with twelve extras",
        (f"apache-airflow[{_AIRFLOW_EXTRAS}]",),
        "rich-click",
        ">=3.11,<3.14",
        left_out=("lock-plain",),  # it would record whole wheels of a thousand versions
    ),
    Case(
        "tiny",
        "Packages of many tiny files",
        ("sympy", "botocore", "plotly", "django", "faker", "babel", "pytz", "tzdata"),
        "six",
    ),
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
