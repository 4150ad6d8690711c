"""What a wheel's binaries really need, read from the files without running them.

Must live here: reading ELF, Mach-O and PE; the published manylinux and musllinux policies as data;
comparing needs with what a wheel's name promises.
Must not live here: unpacking archives (``store``), platforms and tags (``targets``).
Changes with it: the store, which keeps the needs of each wheel; the ``check`` workflow.
"""
