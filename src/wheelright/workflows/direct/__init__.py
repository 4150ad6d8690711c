"""Projects that come from one place: directories, files of wheels and sdists, URLs, Git.

Must live here: following what a project asks for directly to any depth (``reading``), the clones
of Git repositories in the cache (``git``), archives fetched once (``archives``), and making what
is locked of them installable (``origin``, ``installing``). Must not live here: choosing versions
(each place holds one), reading sources as written (``project``), the lock's own form
(``lockfile``).

What else changes with it: a place of a new kind needs a line in ``LocalProject.state``, in
``workflows.writing`` and in ``workflows.cache``.
"""
