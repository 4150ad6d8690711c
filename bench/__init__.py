"""The benchmark: Wheelright beside uv, pip, Poetry and PDM, on one local mirror.

Must live here: what is measured, how, and how it is shown. Must not live here: anything that
Wheelright needs to run, and counts that fail a test (``tests/counts``). The way through it:
``__main__`` installs the tools (``install``), starts the mirror (``mirror``), and for every case
(``cases``) prepares each tool (``bed``), measures every work (``works``, ``measure``), compares
what the tools did (``agree``) and keeps the results (``results``), from which ``page`` and
``picture`` write ``docs/benchmarks.md``.
"""
