"""The command line: what was typed, turned into options, one workflow call and its rendering.

Must live here: one module per command group below ``commands``, the tables of options that the
parser, the help pages, the environment variables and ``docs/reference/cli.md`` are all read
from, and ``main``, which decides the exit code. Must not live here: printing (``console``) and
work (``workflows``; imported late, by the one command that calls it).
What else changes with it: ``docs/reference`` is generated
(``python -m wheelright.cli.reference --write docs/reference``).

How a command line is read::

    wheelright [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]
        parsing   finds the command, lets argparse read its options, adds the environment
        Command   read: Given -> options dataclass; work: the workflow; render: outcome -> exit code
        main      runs these three, and renders every error
"""

from wheelright.cli.main import main

__all__ = ["main"]
