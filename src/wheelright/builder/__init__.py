"""Building wheels and sdists from source trees, through their own backends, apart from all else.

Must live here: reading ``[build-system]``, running PEP 517 and PEP 660 hooks in an isolated
Python with a bounded, secret-free environment, keeping the log and finding in it what went
wrong, checking what the backend delivered, unpacking sdists, and metadata that a source tree
states without being built; which way leads to a target (``target``), what shows native code before
a build (``native``), compiling for other machines (``crossing``), and what a built wheel needs and
may be called (``stamp``).
Must not live here: choosing and installing what a build requires (a workflow provides the
Python, see :class:`Provide`), getting a compiler for other machines, deciding whether a build is
allowed, and keeping wheels (``store``); reading binaries (``targets.needs``).
What else changes with it: a new cause of failed builds is a row in ``causes``.
"""

from wheelright.builder.builder import (
    Builder,
    BuildPython,
    BuildSettings,
    BuiltWheel,
    How,
    Provide,
)
from wheelright.builder.errors import (
    BackendNotFoundError,
    BrokenSdistError,
    BuildFailedError,
    BuildSystemError,
    BuildTimeoutError,
    ForeignBuildError,
    NativeBuildForbiddenError,
    NoEditableError,
    UnfitBuildError,
    WrongResultError,
)
from wheelright.builder.native import native_evidence
from wheelright.builder.stamp import (
    DETAILS,
    Measured,
    measure_wheel,
    misfit,
    misfit_in_tree,
    stamp_wheel,
)
from wheelright.builder.static import static_metadata
from wheelright.builder.system import read_build_system
from wheelright.builder.target import BuildTarget, Way, way_to
from wheelright.builder.unpack import unpack_sdist

__all__ = [
    "DETAILS",
    "BackendNotFoundError",
    "BrokenSdistError",
    "BuildFailedError",
    "BuildPython",
    "BuildSettings",
    "BuildSystemError",
    "BuildTarget",
    "BuildTimeoutError",
    "Builder",
    "BuiltWheel",
    "ForeignBuildError",
    "How",
    "Measured",
    "NativeBuildForbiddenError",
    "NoEditableError",
    "Provide",
    "UnfitBuildError",
    "Way",
    "WrongResultError",
    "measure_wheel",
    "misfit",
    "misfit_in_tree",
    "native_evidence",
    "read_build_system",
    "stamp_wheel",
    "static_metadata",
    "unpack_sdist",
    "way_to",
]
