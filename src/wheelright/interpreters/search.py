"""Where and how Pythons are looked for: everything of the surroundings that counts, as one value.

Nothing else in this folder reads the environment or the working directory.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.outside.reporting import Reporter, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping


class Search(Struct, frozen=True):
    """The surroundings of a search.

    ``directory`` is where relative paths start and ``.venv`` is looked for. ``cache`` is the folder
    that keeps answers of Pythons (``None``: ask anew each time). ``venvs`` says whether the active
    venv and ``.venv`` come first (as for a command that uses an environment), or are left out (as
    for one that makes an environment).
    """

    environ: Mapping[str, str]
    directory: Path
    home: Path
    cache: Path | None = None
    venvs: bool = True
    reporter: Reporter = field(default_factory=Silent)

    def __hash__(self) -> int:
        return hash((self.directory, self.home, self.cache, self.venvs))

    @classmethod
    def here(
        cls,
        *,
        directory: Path | None = None,
        cache: Path | None = None,
        venvs: bool = True,
        reporter: Reporter | None = None,
    ) -> Search:
        """Take the surroundings of this process."""
        return cls(
            environ=dict(os.environ),
            directory=directory or Path.cwd(),
            home=Path.home(),
            cache=cache,
            venvs=venvs,
            reporter=reporter or Silent(),
        )
