"""The verbs, each a short story over the capabilities: lock, sync, run, add, tree, export...

Must live here: one module per verb, whose one public function takes its options (frozen
dataclasses in ``options``) and the :class:`~wheelright.workflows.context.Context`, and returns
an outcome as data. Workflows join the capabilities, which do not know one another.
Must not live here: parsing of command lines (``cli``), printing (``console``), and any work
that a capability could do alone.
What else changes with it: a new option appears in ``cli`` and so in the generated reference.
"""
