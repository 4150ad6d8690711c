"""``wheelright pip``: one environment at a time, no project and no lock.

Must live here: gathering requirements from the command line and files (``asking``), direct
references read into fixed candidates (``directs``), the environment that is meant (``sites``),
resolving for it with what is installed already (``resolving``), and the verbs (``install``,
``compiling``, ``listing``). Must not live here: anything that a project's lock is made with.
What else changes with it: options and outcomes are in ``workflows.pip_options``.
"""
