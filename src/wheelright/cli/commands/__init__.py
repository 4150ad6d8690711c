"""One module per command group: its table of options, how it is read, done and shown.

Must live here: ``Command`` values and their three functions, each short. Must not live here:
options that several commands take (``cli.shared``), work, and wording of outcomes.
What else changes with it: a new command is named in ``cli.registry``.
"""
