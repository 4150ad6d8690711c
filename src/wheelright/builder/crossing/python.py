"""What the Python of another machine says of itself: a module of ``sysconfig`` data."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from wheelright.builder.crossing.headers import sizes

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.builder.crossing.triples import Triples
    from wheelright.targets.interpreter import Interpreter

MODULE = "_sysconfigdata__wheelright"
"""The module's name; the variable ``_PYTHON_SYSCONFIGDATA_NAME`` names it to Python."""

_FLAGS = "-fwrapv -DNDEBUG -O2"
_TEMPLATE = '''\
"""What the Python that a build is for would say: that of this Python, with other answers."""

import importlib
import sys

_name = "_sysconfigdata_%s_%s_%s" % (
    sys.abiflags, sys.platform, getattr(sys.implementation, "_multiarch", "")
)
build_time_vars = dict(importlib.import_module(_name).build_time_vars)
build_time_vars.update({facts})
'''


def python_facts(
    root: Path, names: Triples, interpreter: Interpreter, headers: Path | None
) -> dict[str, Any]:
    """Return the variables of ``sysconfig`` that are others there; ``root`` has the compilers."""
    soabi = names.soabi(interpreter.python, free_threaded=interpreter.free_threaded)
    cc, cxx = shlex.quote(str(root / "cc")), shlex.quote(str(root / "c++"))
    facts: dict[str, Any] = {
        "CC": cc,
        "CXX": cxx,
        "LINKCC": cc,
        "LDSHARED": f"{cc} -shared",
        "BLDSHARED": f"{cc} -shared",
        "LDCXXSHARED": f"{cxx} -shared",
        "AR": shlex.quote(str(root / "ar")),
        "ARFLAGS": "rcs",
        "RANLIB": shlex.quote(str(root / "ranlib")),
        "CCSHARED": "-fPIC",
        "OPT": "-DNDEBUG -O2",
        "BASECFLAGS": "-fwrapv",
        "CFLAGS": _FLAGS,
        "PY_CFLAGS": _FLAGS,
        "PY_LDFLAGS": "",
        "CPPFLAGS": "",
        "PY_CPPFLAGS": "",
        "LDFLAGS": "",
        "CONFIGURE_CFLAGS": "",
        "CONFIGURE_LDFLAGS": "",
        "EXTRA_CFLAGS": "",
        "LIBS": "",
        "BLDLIBRARY": "",
        "Py_ENABLE_SHARED": 0,
        "SOABI": soabi,
        "EXT_SUFFIX": f".{soabi}.so",
        "MULTIARCH": names.gnu,
        "HOST_GNU_TYPE": names.gnu,
        **sizes(names),
    }
    if headers is not None:
        facts |= {"INCLUDEPY": str(headers), "CONFINCLUDEPY": str(headers)}
    return facts


def python_module(facts: dict[str, Any]) -> str:
    """Return the text of the module."""
    return _TEMPLATE.format(facts=repr(facts))
