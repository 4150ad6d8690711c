"""The index of this machine, for real."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from wheelright.index import Indexes, exclude_newer
from wheelright.index.default import certificates, default_index
from wheelright.outside.http import Http, HttpSettings
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network


def test_a_project_of_the_public_index(tmp_path: Path) -> None:
    with Http(HttpSettings(cert=certificates())) as http:
        indexes = Indexes([default_index()], http, tmp_path, Silent())
        page = exclude_newer(indexes.page("six"), datetime(2020, 6, 1, tzinfo=UTC))
        newest = page.releases[0]
        assert newest.version == "1.15.0"
        assert [file.name for file in newest.files] == [
            "six-1.15.0-py2.py3-none-any.whl",
            "six-1.15.0.tar.gz",
        ]
        metadata = indexes.metadata("six", newest.version, newest.files)
        assert metadata.requires_python == ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*"
        with indexes.open(newest.files[0]) as chunks:
            assert next(chunks).startswith(b"PK")
