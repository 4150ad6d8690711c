"""The benchmark is no part of the package: it is imported from the root of the repository."""

from __future__ import annotations

import sys

from support.tools import ROOT

sys.path.append(str(ROOT))
