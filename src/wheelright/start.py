"""What runs first: answers a no-op ``sync``, ``lock`` or ``run`` before anything heavy is imported.

Imports nothing but ``sys`` and ``os``, which the interpreter has loaded anyway, and compares the
stamp that the last full sync left (``venv.stamp`` writes it and says what it claims) with what is
there now. It is never allowed to be wrong: whatever is not exactly as stamped, or not understood,
goes the full way through ``wheelright.cli``.
"""

import os
import sys

from wheelright import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The same names as in `venv.stamp`, which must not be imported here; a test compares them.
STAMP_NAME = ".wheelright-stamp"
STAMP_HEAD = "wheelright stamp 3"
ENVIRONMENT_PREFIXES = ("WHEELRIGHT_", "UV_")
ENVIRONMENT_NAMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "APPDATA", "USERPROFILE")
# Variables that change nothing about how a no-op is answered. Any other may ask for another
# output, another venv or another way to run, even if it was set when the stamp was written.
HARMLESS_VARIABLES = frozenset(
    {
        "WHEELRIGHT_CACHE_DIR",
        "WHEELRIGHT_DEFAULT_INDEX",
        "WHEELRIGHT_INDEX",
        "WHEELRIGHT_LINK_MODE",
        "WHEELRIGHT_NO_PROGRESS",
        "WHEELRIGHT_OFFLINE",
        "WHEELRIGHT_PROJECT_ENVIRONMENT",
    }
)
# More objects than this are made, and not given back, before Python looks for garbage in circles.
_MANY_OBJECTS = 100_000


def program() -> int:
    """Be the program ``wheelright``: run :func:`main` and end the process.

    Python takes apart, module by module, what the system takes back as a whole: 8 ms of a command.
    Returns the exit code only where output could not be written, which Python then tells.
    """
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        return code
    threading = sys.modules.get("threading")
    if threading is not None:
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    os._exit(code)


def main() -> int:
    """Run Wheelright with the arguments of this process; returns the exit code."""
    arguments = sys.argv[1:]
    if _answer(arguments):
        return 0
    import gc

    # A command makes little garbage in circles, and all of it goes when the process ends: to look
    # for it again and again, and once more at the end, is a tenth of the work of a sync.
    gc.set_threshold(_MANY_OBJECTS, *gc.get_threshold()[1:])
    from wheelright.cli import main as run_command

    try:
        return run_command(arguments)
    finally:
        gc.freeze()


def _answer(arguments: "Sequence[str]") -> bool:
    """Answer without the rest of Wheelright, where that is certainly right."""
    if arguments[:1] in (["sync"], ["lock"]):
        return _confirm(arguments[0], arguments[1:])
    if len(arguments) > 1 and arguments[0] == "run":
        command = arguments[2:] if arguments[1] == "--" else arguments[1:]
        return bool(command) and _run(command)
    return False


def _confirm(verb: str, options: "Sequence[str]") -> bool:
    """Say that a sync, or a lock, has nothing to do."""
    asked = options[1:] if verb == "lock" and options[:1] == ["--check"] else options
    if asked not in ([], ["-q"], ["--quiet"]):
        return False
    claim = read_claim(os.environ, exact=verb == "sync")
    if claim is None:
        return False
    if not asked:
        sys.stderr.write(claim[verb] + "\n")
    return True


def _run(command: "Sequence[str]") -> bool:
    """Become the command; comes back only where that must be left to the full path."""
    program = command[0]
    is_script = program.endswith(".py")
    if program.startswith("-") or os.name == "nt" or ("/" in program and not is_script):
        return False
    if program.endswith((".pyw", ".pyz")) or program.partition("://")[1]:
        return False
    if is_script and not _is_plain_script(program):
        return False
    claim = read_claim(os.environ, exact=False)
    if claim is None or claim["runnable"] != "1":
        return False
    venv = claim["venv"]
    environment = dict(os.environ)
    environment["VIRTUAL_ENV"] = venv
    environment["PATH"] = f"{venv}/bin{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment.pop("PYTHONHOME", None)
    arguments = ["python", *command] if is_script else list(command)
    try:
        os.execvpe(arguments[0], arguments, environment)  # noqa: S606 (what `run` is for)
    except (OSError, ValueError):
        return False  # the full path says what is wrong


def _is_plain_script(path: str) -> bool:
    """Whether a script has no dependencies of its own (PEP 723), judged on the safe side."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (pathlib costs 10 ms to import)
            return b"# ///" not in file.read()
    except OSError:
        return False


def read_claim(environ: "Mapping[str, str]", *, exact: bool) -> "dict[str, str] | None":
    """Find the nearest project's stamp; ``None`` unless all that it claims still holds.

    ``exact`` asks for the stamp of a sync that removed what the lock does not name.
    """
    if any(name.startswith("WHEELRIGHT_") for name in environ.keys() - HARMLESS_VARIABLES):
        return None
    try:
        cwd = os.getcwd()  # noqa: PTH109 (pathlib costs 10 ms to import; so below)
        project = _nearest_project(cwd)
        place = environ.get("WHEELRIGHT_PROJECT_ENVIRONMENT") or ".venv"
        venv = os.path.abspath(os.path.join(project, place))  # noqa: PTH100, PTH118
        with open(f"{venv}/{STAMP_NAME}", "rb") as file:  # noqa: PTH123
            lines = os.fsdecode(file.read()).split("\n")
    except OSError:
        return None
    if lines[0] != STAMP_HEAD or lines[-2:] != ["end", ""]:
        return None
    claim = _compared(lines[1:-2], venv, exact=exact)
    if claim is None:
        return None
    found = {
        "version": __version__,
        "machine": _machine(),
        "cwd": cwd,
        "project": project,
        "variables": _environment(environ),
    }
    if exact:
        found["exact"] = "1"
    # Another venv that is active is worth the warning that the full path gives.
    if (
        not {"sync", "lock"} <= claim.keys()
        or environ.get("VIRTUAL_ENV", claim["venv"]) != claim["venv"]
    ):
        return None
    return claim if all(claim.get(key) == value for key, value in found.items()) else None


def _compared(lines: "Sequence[str]", venv: str, *, exact: bool) -> "dict[str, str] | None":
    """Return what a stamp says besides files; ``None`` if one of those is not as it was."""
    claim = {"venv": venv}  # another one, where several stand side by side there
    variables = []
    for line in lines:
        kind, _, value = line.partition(" ")
        if kind == "env":
            variables.append(value)
        elif kind == "held":
            if exact and not _is_as_held(claim["venv"], value):
                return None
        elif kind != "file":
            claim[kind] = value
        elif not _is_as_stamped(value):
            return None
    claim["variables"] = "\n".join(variables)
    return claim


def _nearest_project(folder: str) -> str:
    while not os.path.exists(f"{folder}/pyproject.toml"):  # noqa: PTH110
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder:
            raise FileNotFoundError(folder)
        folder = parent
    return folder


def _is_as_stamped(line: str) -> bool:
    facts, _, path = line.partition(" ")
    try:
        found = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return facts == "-"
    return facts == (f"{found.st_mtime_ns},{found.st_ctime_ns},{found.st_size},{found.st_ino}")


def _is_as_held(venv: str, line: str) -> bool:
    facts, _, path = line.partition(" ")
    try:
        found = os.stat(f"{venv}/{path}")  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return False
    return facts == f"{found.st_mtime_ns},{found.st_size},{found.st_ino}"


def _environment(environ: "Mapping[str, str]") -> str:
    return "\n".join(
        f"{name}={value}"
        for name, value in sorted(environ.items())
        if name.startswith(ENVIRONMENT_PREFIXES) or name in ENVIRONMENT_NAMES
    )


def _machine() -> str:
    return " ".join(os.uname()) if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
