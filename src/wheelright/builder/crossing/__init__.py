"""A compiler for other Linux machines than this one, and everything that tells builds to use it.

Must live here: what a platform is called by compilers, the programs that stand in for ``cc`` and
its like, and the files and variables by which setuptools, CMake, meson, Cargo and configure
scripts find them and learn what Python they build for.
Must not live here: getting the compiler (``ziglang``, a wheel like any other; a workflow installs
it), and judging what was built (``stamp``).
What else changes with it: a build system that must be told in another way is one more file or
variable in ``toolchain``; an argument that the compiler does not know is a row in ``compiler``.
"""

from wheelright.builder.crossing.toolchain import Toolchain, make_toolchain, without_compiler
from wheelright.builder.crossing.triples import Triples, triples_for

__all__ = ["Toolchain", "Triples", "make_toolchain", "triples_for", "without_compiler"]
