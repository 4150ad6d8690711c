"""Interpreters: finding Pythons, and asking them what they are.

Must live here: what ``--python`` and ``.python-version`` may say, the places Pythons are found in,
the rules by which one is chosen, the script that asks and the memory of its answers.
Must not live here: the ``Interpreter`` value and what it accepts (``targets``), making venvs
(``venv``), the project's ``requires-python`` (``project``).
Changes with it: ``targets/interpreter.py``, when Pythons are asked for more; the format number of
the remembered answers in ``probe.py``, when the script prints something else.
"""

from wheelright.interpreters.discover import discover, find, list_interpreters
from wheelright.interpreters.errors import BrokenPython, InvalidRequest, PythonNotFound
from wheelright.interpreters.pins import Pin, find_pin, read_pin
from wheelright.interpreters.probe import probe
from wheelright.interpreters.request import PythonRequest, parse_request
from wheelright.interpreters.search import Search

__all__ = [
    "BrokenPython",
    "InvalidRequest",
    "Pin",
    "PythonNotFound",
    "PythonRequest",
    "Search",
    "discover",
    "find",
    "find_pin",
    "list_interpreters",
    "parse_request",
    "probe",
    "read_pin",
]
