"""The indexes: which releases and files a project has, what they need, and their bytes.

Must live here: where to look (sources, the machine's default index, credentials), reading project
pages, keeping what indexes said fresh, metadata from the cheapest file that can tell, and the
index at a point in time. Must not live here: choosing versions or files (``resolver``,
``targets``), checking and unpacking wheels (``store``), builds (``builder``), and settings as
users write them (``project``).

What else changes with it: the forms in ``cache`` carry a version number; the order in which files
are asked is ``DESIGN.md`` 5.5 and must not depend on the machine.

The names are imported when they are first asked for: much is done without asking any index.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.index.credentials import Credentials
    from wheelright.index.errors import (
        Failure,
        FileUnavailableError,
        IndexUnreachableError,
        InvalidCutoffError,
        InvalidMetadataError,
        InvalidPageError,
        MetadataUnavailableError,
        NeedsBuildError,
        NoDefaultIndexError,
        NotCachedError,
        ProjectNotFoundError,
        UnknownIndexError,
    )
    from wheelright.index.indexes import Indexes, Strategy
    from wheelright.index.metadata import Metadata
    from wheelright.index.newer import Cutoff, exclude_newer, parse_cutoff
    from wheelright.index.release import ProjectPage, Release
    from wheelright.index.sources import IndexSource
else:
    _PLACES = {
        "Credentials": "credentials",
        "Cutoff": "newer",
        "Failure": "errors",
        "FileUnavailableError": "errors",
        "IndexSource": "sources",
        "IndexUnreachableError": "errors",
        "Indexes": "indexes",
        "InvalidCutoffError": "errors",
        "InvalidMetadataError": "errors",
        "InvalidPageError": "errors",
        "Metadata": "metadata",
        "MetadataUnavailableError": "errors",
        "NeedsBuildError": "errors",
        "NoDefaultIndexError": "errors",
        "NotCachedError": "errors",
        "ProjectNotFoundError": "errors",
        "ProjectPage": "release",
        "Release": "release",
        "Strategy": "indexes",
        "UnknownIndexError": "errors",
        "exclude_newer": "newer",
        "parse_cutoff": "newer",
    }

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module `{__name__}` has no `{name}`")
        from importlib import import_module

        found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
        globals()[name] = found
        return found


__all__ = [
    "Credentials",
    "Cutoff",
    "Failure",
    "FileUnavailableError",
    "IndexSource",
    "IndexUnreachableError",
    "Indexes",
    "InvalidCutoffError",
    "InvalidMetadataError",
    "InvalidPageError",
    "Metadata",
    "MetadataUnavailableError",
    "NeedsBuildError",
    "NoDefaultIndexError",
    "NotCachedError",
    "ProjectNotFoundError",
    "ProjectPage",
    "Release",
    "Strategy",
    "UnknownIndexError",
    "exclude_newer",
    "parse_cutoff",
]
