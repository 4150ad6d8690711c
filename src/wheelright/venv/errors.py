"""What can go wrong with a venv."""

from __future__ import annotations

from wheelright.errors import RequestError, UsageError


class NotAVenv(UsageError):  # noqa: N818 (a fact, as a person says it)
    """A directory that exists where a venv should be, and is none. It is never deleted."""

    def __init__(self, path: str, *, why: str = "it has no `pyvenv.cfg`") -> None:
        super().__init__(
            f"`{path}` is not a virtual environment: {why}",
            where=path,
            hints=["it was left as it is; move it away, or set `WHEELRIGHT_PROJECT_ENVIRONMENT`"],
        )
        self.path = path


class BrokenVenv(UsageError):  # noqa: N818 (a fact, as a person says it)
    """A venv that cannot be used: its ``pyvenv.cfg`` or its interpreter is gone or unreadable."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"the virtual environment `{path}` cannot be used: {why}",
            where=path,
            hints=[f"make it again with `wheelright venv --clear {path}`"],
        )
        self.path = path


class NewerRecord(UsageError):  # noqa: N818 (a fact, as a person says it)
    """A venv that a newer version of Wheelright changed last: its record cannot be read."""

    def __init__(self, path: str, schema: int, known: int) -> None:
        super().__init__(
            "the environment was last changed by a newer Wheelright",
            where=f"{path}/wheelright.json",
            details=[f"its record has schema {schema}, and this Wheelright reads up to {known}"],
            hints=[
                "upgrade Wheelright",
                f"or make it again with `wheelright venv --clear {path}`",
            ],
        )
        self.path = path


class PathOutsideVenv(RequestError):  # noqa: N818 (a fact, as a person says it)
    """A package that wants to write or remove something outside of the venv."""

    def __init__(self, package: str, path: str, venv: str) -> None:
        super().__init__(
            f"`{package}` names the path `{path}`, which is outside of the environment",
            where=venv,
            details=["nothing outside of the environment was touched"],
        )
        self.package = package
        self.path = path
