"""The world outside: the network, files and processes.

Must live here: every module that opens a socket, writes, links, renames or removes a file,
takes a lock on one, or starts a process; and ``reporting``, the protocol by which work tells
how far it is. Must not live here: any knowledge of packages, indexes, locks or targets.
Modules: ``http`` (with ``messages``, ``exchange``, ``connections``, ``names``, ``wire``, ``tls``
and ``urls``), ``files``, ``places``, ``locks``, ``trees``, ``processes``, ``threads``, ``once``,
``reporting`` and ``errors``. They are imported by name, so that nobody who only wants a file pays
for TLS.
What else changes with it: the banned imports in ``pyproject.toml`` name these modules.
"""
