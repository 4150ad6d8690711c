"""Git repositories in the cache: fetched when a commit is not there yet, checked out once.

Below ``CACHE/git``: ``repositories/KEY`` is a bare clone, where every commit that was ever used
has a reference of its own, so that Git never throws it away; ``checkouts/KEY/COMMIT`` is a working
tree with its submodules, whole as soon as it has its name.

Credentials are given to Git in its environment alone: no file, no list of processes and no message
ever shows them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from msgspec import Struct

from wheelright.lockfile.model import without_credentials
from wheelright.outside import files
from wheelright.outside.locks import FileLock
from wheelright.outside.urls import redact, split_credentials
from wheelright.workflows.direct.errors import GitError, GitMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wheelright.outside.processes import Completed
    from wheelright.outside.reporting import Reporter

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SCP = re.compile(r"[^/\\]+@[^/\\:]+:")
_SHORT = re.compile(r"[0-9a-fA-F]{4,64}")
_KEPT = "refs/wheelright/commits"
_HEAD = "refs/wheelright/head"
_EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
#: What would lead Git to another repository than the one that is named.
_MISLEADING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)


class Revision(Struct, frozen=True):
    """What is wanted of a repository; ``head`` is its default branch, ``rev`` any of the rest."""

    kind: Literal["head", "branch", "tag", "rev"] = "head"
    text: str = ""

    def __str__(self) -> str:
        if self.kind == "head":
            return "the default branch"
        return f"the {'revision' if self.kind == 'rev' else self.kind} `{self.text}`"


class Repository(Struct, frozen=True):
    """A repository at ``url`` (or an absolute path), which may hold credentials.

    ``project`` is the project that is looked for in it, for messages.
    """

    url: str
    project: str
    lfs: bool = False

    @property
    def clean(self) -> str:
        """The URL without credentials; with ``ssh`` the name of the user stays."""
        return without_credentials(self.url)

    @property
    def shown(self) -> str:
        """The URL for messages."""
        return redact(self.url)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine; ``git@host:path`` is not."""
        if "://" in self.url:
            return self.url.startswith("file:")
        return _SCP.match(self.url) is None

    @property
    def key(self) -> str:
        """The name of its folder in the cache."""
        digest = hashlib.sha256(self.clean.removesuffix("/").removesuffix(".git").encode())
        return digest.hexdigest()[:20]


class Git(Struct, frozen=True):
    """The program ``git`` and what it keeps below ``root``. Safe for several processes."""

    root: Path
    environ: Mapping[str, str]
    reporter: Reporter
    offline: bool = False

    def commit_of(self, at: Repository, revision: Revision) -> str:
        """Return the full commit that a revision means now, fetched into the cache.

        A full commit that is in the cache is not asked for again; nor is anything where the
        network is off. Raises :class:`GitError` and :class:`GitMissingError`.
        """
        wanted = revision.text.lower()
        if revision.kind == "rev" and _COMMIT.fullmatch(wanted):
            self.ensure(at, wanted)
            return wanted
        with self._alone(at):
            bare = self._bare(at)
            if not self.offline or at.is_local:
                self._fetch_revision(at, bare, revision)
            found = self._found(bare, revision)
            if found is None:
                if self.offline and not at.is_local:
                    raise self._off(at)
                raise self._unknown(at, bare, revision)
            self._git("update-ref", f"{_KEPT}/{found}", found, cwd=bare)
        return found

    def ensure(self, at: Repository, commit: str) -> None:
        """Have a commit in the cache. Raises as :meth:`commit_of` does."""
        if (self.root / "checkouts" / at.key / _folder(at, commit)).is_dir():
            return
        with self._alone(at):
            bare = self._bare(at)
            if self._has(bare, commit):
                return
            if self.offline and not at.is_local:
                raise self._off(at)
            refs = f"{commit}:{_KEPT}/{commit}"
            # Not every server gives a commit by its name alone.
            if self._fetch(at, bare, refs).code != 0 or not self._has(bare, commit):
                done = self._fetch(at, bare, *_EVERYTHING, f"+HEAD:{_HEAD}")
                if done.code != 0:
                    raise self._unreachable(at, done)
            if not self._has(bare, commit):
                raise self._unknown(at, bare, Revision("rev", commit))
            self._git("update-ref", f"{_KEPT}/{commit}", commit, cwd=bare)

    def checkout(self, at: Repository, commit: str) -> Path:
        """Return the working tree of a commit, with submodules. Raises as :meth:`commit_of`."""
        place = self.root / "checkouts" / at.key / _folder(at, commit)
        if place.is_dir():
            return place
        self.ensure(at, commit)
        if at.lfs and self._git("lfs", "version").code != 0:
            raise GitError(
                f"`{at.project}` is kept with Git LFS, which is not installed",
                where=at.shown,
                hints=["install Git LFS (`git-lfs`), or take `lfs = true` out of the source"],
            )
        with self._alone(at), files.temporary_directory(place.parent) as work:
            if place.is_dir():
                return place
            tree = work / "tree"
            bare = self._bare(at)
            for step in (
                ("clone", "--quiet", "--shared", "--no-checkout", "--", str(bare), str(tree)),
                ("-C", str(tree), "remote", "set-url", "origin", at.clean),
                ("-C", str(tree), "checkout", "--quiet", "--detach", commit),
            ):
                done = self._git(*step, at=at)
                if done.code != 0:
                    raise self._failed(at, f"the commit {commit[:12]} cannot be checked out", done)
            if (tree / ".gitmodules").is_file():
                step = ("-C", str(tree), "submodule", "--quiet", "update", "--init", "--recursive")
                done = self._git(*step, at=at)
                if done.code != 0:
                    raise self._failed(at, "its submodules cannot be fetched", done)
            files.replace(tree, place)
        return place

    def alone(self, at: Repository, commit: str) -> FileLock:
        """Return what keeps others out of a working tree while it is built."""
        path = self.root / "checkouts" / at.key / f"{_folder(at, commit)}.lock"
        return FileLock(path, self.reporter, purpose=f"the checkout of `{at.project}`")

    # -- the bare clone

    def _alone(self, at: Repository) -> FileLock:
        path = self.root / "repositories" / f"{at.key}.lock"
        return FileLock(path, self.reporter, purpose=f"the repository of `{at.project}`")

    def _bare(self, at: Repository) -> Path:
        path = self.root / "repositories" / at.key
        if not (path / "HEAD").is_file():
            files.make_directory(path)
            done = self._git("init", "--quiet", "--bare", "--", str(path), at=at)
            if done.code != 0:
                raise self._failed(at, "no clone of it can be made", done)
        return path

    def _has(self, bare: Path, commit: str) -> bool:
        return self._git("cat-file", "-e", f"{commit}^{{commit}}", cwd=bare).code == 0

    def _fetch_revision(self, at: Repository, bare: Path, revision: Revision) -> None:
        text = revision.text
        match revision.kind:
            case "head":
                refs: tuple[str, ...] = (f"+HEAD:{_HEAD}",)
            case "branch":
                refs = (f"+refs/heads/{text}:refs/heads/{text}",)
            case "tag":
                refs = (f"+refs/tags/{text}:refs/tags/{text}",)
            case "rev" if text.startswith("refs/"):
                refs = (f"+{text}:{text}",)
            case _:
                if _SHORT.fullmatch(text) and self._short(bare, text) is not None:
                    return
                refs = _EVERYTHING
        done = self._fetch(at, bare, *refs)
        if done.code != 0:
            missing = "couldn't find remote ref" in done.stderr
            if missing or "invalid refspec" in done.stderr.lower():
                raise self._unknown(at, bare, revision)
            raise self._unreachable(at, done)

    def _fetch(self, at: Repository, bare: Path, *refs: str) -> Completed:
        self.reporter.debug(f"fetching {', '.join(refs)} of {at.shown}")
        return self._git("fetch", "--quiet", "--force", "--", at.clean, *refs, cwd=bare, at=at)

    def _found(self, bare: Path, revision: Revision) -> str | None:
        text = revision.text
        match revision.kind:
            case "head":
                names = [_HEAD]
            case "branch":
                names = [f"refs/heads/{text}"]
            case "tag":
                names = [f"refs/tags/{text}"]
            case "rev" if text.startswith("refs/"):
                names = [text]
            case _:
                names = [f"refs/tags/{text}", f"refs/heads/{text}"]
        for name in names:
            found = self._parsed(bare, name)
            if found is not None:
                return found
        is_short = revision.kind == "rev" and _SHORT.fullmatch(text)
        return self._short(bare, text) if is_short else None

    def _short(self, bare: Path, text: str) -> str | None:
        """Return the one commit whose name begins so; not a branch that is called so."""
        found = self._parsed(bare, text.lower())
        return found if found is not None and found.startswith(text.lower()) else None

    def _parsed(self, bare: Path, name: str) -> str | None:
        done = self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", cwd=bare)
        return done.stdout.strip() if done.code == 0 else None

    # -- the program

    def _git(self, *args: str, cwd: Path | None = None, at: Repository | None = None) -> Completed:
        from wheelright.outside import processes

        environ = {key: value for key, value in self.environ.items() if key not in _MISLEADING}
        environ["GIT_TERMINAL_PROMPT"] = "0"
        environ["LC_ALL"] = "C"
        if at is None or not at.lfs:
            environ["GIT_LFS_SKIP_SMUDGE"] = "1"
        settings = [("core.hooksPath", "/dev/null"), ("advice.detachedHead", "false")]
        settings += [] if at is None else _credentials(at)
        if at is not None and at.lfs and args[0] != "config":
            settings += self._lfs_filter()
        try:
            start = int(environ.get("GIT_CONFIG_COUNT", "0"))
        except ValueError:
            start = 0
        for number, (key, value) in enumerate(settings, start):
            environ[f"GIT_CONFIG_KEY_{number}"] = key
            environ[f"GIT_CONFIG_VALUE_{number}"] = value
        environ["GIT_CONFIG_COUNT"] = str(start + len(settings))
        try:
            return processes.run(["git", *args], env=environ, cwd=cwd)
        except processes.ProcessError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            what = "a Git repository" if at is None else f"the repository of `{at.project}`"
            raise GitMissingError(
                f"the program `git` is needed for {what}, and it was not found",
                where=None if at is None else at.shown,
                hints=["install Git, or correct `PATH`"],
            ) from None

    def _lfs_filter(self) -> list[tuple[str, str]]:
        """Return what puts Git LFS to work where its user never ran ``git lfs install``."""
        known = self._git("config", "--get-regexp", r"^filter\.lfs\.(smudge|process)$")
        if known.stdout.strip():
            return []
        return [("filter.lfs.smudge", "git-lfs smudge -- %f"), ("filter.lfs.required", "true")]

    # -- what can go wrong

    def _off(self, at: Repository) -> GitError:
        return GitError(
            f"what is asked of the repository of `{at.project}` is not in the cache, and the"
            " network is off",
            where=at.shown,
            hints=["run again without `--offline` to allow network requests"],
        )

    def _unreachable(self, at: Repository, done: Completed) -> GitError:
        return self._failed(at, "it cannot be fetched", done)

    def _failed(self, at: Repository, what: str, done: Completed) -> GitError:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return GitError(
            f"the Git repository of `{at.project}` does not serve: {what}",
            where=at.shown,
            details=[_without_secrets(line, at) for line in said[-6:]],
            hints=["check the address, and that `git ls-remote` reads it without a question"],
        )

    def _unknown(self, at: Repository, bare: Path, revision: Revision) -> GitError:
        names = self._names(at, bare, revision)
        from difflib import get_close_matches

        near = get_close_matches(revision.text, names, 1)
        hint = "check what the repository has with `git ls-remote`"
        if near:
            hint = f"did you mean `{near[0]}`?"
        elif names and len(names) <= 8:
            kind = {"branch": "branches", "tag": "tags"}.get(revision.kind, "branches and tags")
            hint = f"its {kind} are {', '.join(f'`{name}`' for name in names)}"
        elif revision.kind == "head":
            hint = "name a branch, a tag or a commit"
        return GitError(
            f"the Git repository of `{at.project}` does not have {revision}",
            where=at.shown,
            hints=[hint],
        )

    def _names(self, at: Repository, bare: Path, revision: Revision) -> Sequence[str]:
        wanted = {"branch": ("--heads",), "tag": ("--tags",)}.get(revision.kind, ())
        done = self._git("ls-remote", "--refs", *wanted, "--", at.clean, cwd=bare, at=at)
        found = re.findall(r"\trefs/(?:heads|tags)/(\S+)", done.stdout)
        return sorted(set(found))


def _folder(at: Repository, commit: str) -> str:
    return f"{commit}-lfs" if at.lfs else commit


def _credentials(at: Repository) -> list[tuple[str, str]]:
    """Return the settings that make Git send the credentials to the place they belong to."""
    _, known = split_credentials(at.url)
    parts = urlsplit(at.url)
    if known is None or parts.scheme not in {"http", "https"}:
        return []
    host = parts.netloc.rpartition("@")[2]
    user, password = (quote(text, safe="") for text in known)
    with_them = f"{parts.scheme}://{user}:{password}@{host}/"
    return [(f"url.{with_them}.insteadOf", f"{parts.scheme}://{host}/")]


def _without_secrets(line: str, at: Repository) -> str:
    """Take what is secret in a repository's URL out of what Git said."""
    _, known = split_credentials(at.url)
    if known is None:
        return line
    user, password = (quote(text, safe="") for text in known)
    for prefix in (f"{user}:{password}@", f"{urlsplit(at.url).netloc.rpartition('@')[0]}@"):
        line = line.replace(prefix, "")
    for text in (password, known[1]):
        line = line.replace(text, "***") if text else line
    return line
