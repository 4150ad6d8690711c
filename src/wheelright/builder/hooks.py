"""Calling one hook of a backend: started, bounded, logged, and its failures put into words."""

from __future__ import annotations

import json
import re
import signal
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wheelright.builder.causes import find_hints
from wheelright.builder.errors import (
    BackendNotFoundError,
    BuildFailedError,
    BuildTimeoutError,
    NoEditableError,
    WrongResultError,
)
from wheelright.builder.log import first_error, read_log
from wheelright.outside import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wheelright.builder.system import BuildSystem

_LOGGED = Path(__file__).with_name("logged.py")
_MISSING = re.compile(r"No module named '([\w.]+)'")


class HookMissingError(Exception):
    """The backend does not have an optional hook; it never leaves this folder."""


class _CrashedError(Exception):
    """The process of a hook ended with an exit code that is not 0."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(code)
        self.code = code
        self.said = said


class Hooks(Struct, frozen=True):
    """The hooks of one source tree's backend, run by ``python`` with ``variables``.

    Everything that they say goes to the end of ``log``; Python warnings of the backend are given
    to ``heard``. ``timeout`` is in seconds, for one hook. ``installed`` says what the environment
    holds; one that is not ``isolated`` was not made for the build. ``crossing`` says that it is
    built for another machine than this. ``keeps_log`` says that the log outlives the command.
    """

    source: Path
    system: BuildSystem
    python: Path
    variables: Mapping[str, str]
    log: Path
    timeout: float | None
    heard: Callable[[str], None]
    installed: tuple[str, ...] = ()
    isolated: bool = True
    crossing: bool = False
    keeps_log: bool = True

    def requires(self, hook: str, config_settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Ask what a build requires beyond the table; ``hook`` is a ``get_requires_for_...``."""
        answer = self.call(hook, config_settings=dict(config_settings))
        if not isinstance(answer, list) or not all(isinstance(item, str) for item in answer):
            raise self.wrong(hook, "it is not a list of requirements")
        return tuple(answer)

    def call(self, hook: str, **arguments: Any) -> Any:
        """Run a hook and return its answer.

        Raises HookMissingError for an optional hook that lacks, BackendNotFoundError,
        BuildFailedError, BuildTimeoutError and NoEditableError.
        """
        import pyproject_hooks

        caller = pyproject_hooks.BuildBackendHookCaller(
            str(self.source),
            self.system.backend,
            [path.relative_to(self.source).as_posix() for path in self.system.backend_path],
            runner=self._run,
            python_executable=str(self.python),
        )
        # The caller would warn of them here, in a process that is not theirs: see `_run`.
        warnings.filterwarnings("ignore", category=pyproject_hooks.BuildBackendWarning)
        try:
            return getattr(caller, hook)(**arguments)
        except pyproject_hooks.HookMissing:
            if hook == "build_editable":
                raise NoEditableError(
                    self.system.project, self.system.backend, where=str(self.source)
                ) from None
            raise HookMissingError(hook) from None
        except pyproject_hooks.BackendUnavailable as error:
            raise self._not_found(error.traceback or str(error)) from None
        except pyproject_hooks.UnsupportedOperation as error:
            reason = error.traceback.strip().splitlines()[-1:]
            raise self._failed(hook, "it says that it cannot do that here", reason) from None
        except _CrashedError as error:
            raise self._crashed(hook, error) from None
        except processes.ProcessTimeoutError:
            raise self._timed_out(hook) from None

    def wrong(self, hook: str, cause: str) -> WrongResultError:
        """Make the error for an answer that breaks the hook's contract."""
        return WrongResultError(
            self.system.project, self.system.backend, hook, cause, where=str(self.source)
        )

    def _run(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        python, *rest = cmd
        completed = processes.run(
            [python, _LOGGED, self.log, *rest],
            cwd=cwd,
            env={**self.variables, **(extra_environ or {})},
            timeout=self.timeout,
        )
        if completed.code != 0:
            raise _CrashedError(completed.code, completed.stdout + completed.stderr)
        answer = json.loads(Path(rest[-1], "output.json").read_text(encoding="utf-8"))
        for warning in answer.get("warnings", ()):
            self.heard(f"`{self.system.project}` warns as it is built: {warning['message']}")

    def _crashed(self, hook: str, error: _CrashedError) -> BuildFailedError:
        log = read_log(self.log) + error.said
        how = _ending(error.code)
        hints = find_hints(log, crossing=self.crossing)
        return self._failed(hook, how, first_error(log), hints)

    def _failed(
        self, hook: str, how: str, details: Sequence[str], hints: Sequence[str] = ()
    ) -> BuildFailedError:
        return BuildFailedError(
            f"`{self.system.project}` could not be built: "
            f"the backend `{self.system.backend}` failed in `{hook}` ({how})",
            hook=hook,
            where=str(self.source),
            log=self.log,
            keeps_log=self.keeps_log,
            details=details,
            hints=hints,
        )

    def _timed_out(self, hook: str) -> BuildTimeoutError:
        last = [line for line in read_log(self.log).splitlines() if line.strip()][-1:]
        return BuildTimeoutError(
            f"`{self.system.project}` could not be built: "
            f"the backend `{self.system.backend}` did not finish `{hook}` "
            f"within {self.timeout:g} seconds",
            hook=hook,
            where=str(self.source),
            log=self.log,
            keeps_log=self.keeps_log,
            details=[f"the last that it said: {line.strip()}" for line in last],
        )

    def _not_found(self, traceback: str) -> BackendNotFoundError:
        backend = self.system.backend
        last = traceback.strip().splitlines()[-1]
        module = backend.partition(":")[0]
        missing = _MISSING.search(last)
        listed = ", ".join(f"`{item}`" for item in self.system.requires) or "nothing"
        if not self.isolated:
            hint = f"Without build isolation, what it requires must be installed already: {listed}"
        elif missing is not None and not _is_part(module, missing[1]):
            hint = (
                f"The backend is there but imports `{missing[1]}`: "
                "add what provides it to `requires` in `[build-system]`"
            )
        elif self.system.backend_path:
            hint = "Check `build-backend` and `backend-path` in `[build-system]`"
        else:
            hint = f"`requires` in `[build-system]` must name what provides it; it names {listed}"
        return BackendNotFoundError(
            self.system.project, backend, where=str(self.source), details=[last], hints=[hint]
        )


def _is_part(module: str, missing: str) -> bool:
    return module == missing or module.startswith(f"{missing}.")


def _ending(code: int) -> str:
    if code > 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"
