"""The activation scripts of a venv, one per shell.

Each sets ``VIRTUAL_ENV`` and ``VIRTUAL_ENV_PROMPT``, puts the scripts directory first on PATH,
shows the prompt unless ``VIRTUAL_ENV_DISABLE_PROMPT`` is set, and defines ``deactivate``. In the
templates ``@PATH@``, ``@SCRIPTS@`` (the directory's name) and ``@PROMPT@`` stand for text quoted
for that shell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SH = """\
# Use with: source @SCRIPTS@/activate   (bash, zsh, dash, ksh)

deactivate () {
    if [ -n "${_OLD_VIRTUAL_PATH:-}" ]; then
        PATH="$_OLD_VIRTUAL_PATH"
        export PATH
        unset _OLD_VIRTUAL_PATH
    fi
    if [ -n "${_OLD_VIRTUAL_PYTHONHOME:-}" ]; then
        PYTHONHOME="$_OLD_VIRTUAL_PYTHONHOME"
        export PYTHONHOME
        unset _OLD_VIRTUAL_PYTHONHOME
    fi
    if [ -n "${_OLD_VIRTUAL_PS1+set}" ]; then
        PS1="$_OLD_VIRTUAL_PS1"
        export PS1
        unset _OLD_VIRTUAL_PS1
    fi
    hash -r 2>/dev/null || true
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    if [ "${1:-}" != nondestructive ]; then
        unset -f deactivate
    fi
}

deactivate nondestructive

VIRTUAL_ENV=@PATH@
VIRTUAL_ENV_PROMPT=@PROMPT@
export VIRTUAL_ENV VIRTUAL_ENV_PROMPT

_OLD_VIRTUAL_PATH="$PATH"
PATH="$VIRTUAL_ENV/"@SCRIPTS@":$PATH"
export PATH

if [ -n "${PYTHONHOME:-}" ]; then
    _OLD_VIRTUAL_PYTHONHOME="$PYTHONHOME"
    unset PYTHONHOME
fi

if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ]; then
    _OLD_VIRTUAL_PS1="${PS1:-}"
    PS1="($VIRTUAL_ENV_PROMPT) ${PS1:-}"
    export PS1
fi

hash -r 2>/dev/null || true
"""

_FISH = """\
# Use with: source @SCRIPTS@/activate.fish

function deactivate -d "Leave the virtual environment"
    if set -q _OLD_VIRTUAL_PATH
        set -gx PATH $_OLD_VIRTUAL_PATH
        set -e _OLD_VIRTUAL_PATH
    end
    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
        set -e _OLD_VIRTUAL_PYTHONHOME
    end
    if functions -q _old_fish_prompt
        functions -e fish_prompt
        functions -c _old_fish_prompt fish_prompt
        functions -e _old_fish_prompt
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end

deactivate nondestructive

set -gx VIRTUAL_ENV @PATH@
set -gx VIRTUAL_ENV_PROMPT @PROMPT@
set -gx _OLD_VIRTUAL_PATH $PATH
set -gx PATH "$VIRTUAL_ENV/"@SCRIPTS@ $PATH

if set -q PYTHONHOME
    set -gx _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end

if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
    functions -c fish_prompt _old_fish_prompt
    function fish_prompt
        set -l last $status
        printf '(%s) ' $VIRTUAL_ENV_PROMPT
        echo "exit $last" | source
        _old_fish_prompt
    end
end
"""

_CSH = """\
# Use with: source @SCRIPTS@/activate.csh   (csh, tcsh)

alias deactivate 'test $?_OLD_VIRTUAL_PATH != 0 && setenv PATH "$_OLD_VIRTUAL_PATH" && unset _OLD_VIRTUAL_PATH; test $?_OLD_VIRTUAL_PROMPT != 0 && set prompt="$_OLD_VIRTUAL_PROMPT" && unset _OLD_VIRTUAL_PROMPT; rehash; unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; test "\\!:*" != "nondestructive" && unalias deactivate'

deactivate nondestructive

setenv VIRTUAL_ENV @PATH@
setenv VIRTUAL_ENV_PROMPT @PROMPT@
set _OLD_VIRTUAL_PATH="$PATH"
setenv PATH "$VIRTUAL_ENV/"@SCRIPTS@":$PATH"

if ( ! $?VIRTUAL_ENV_DISABLE_PROMPT && $?prompt ) then
    set _OLD_VIRTUAL_PROMPT="$prompt"
    set prompt="($VIRTUAL_ENV_PROMPT) $prompt"
endif

rehash
"""  # noqa: E501 (an alias of csh cannot be broken over lines)

_POWERSHELL = """\
# Use with: @SCRIPTS@/Activate.ps1

function global:deactivate ([switch] $NonDestructive) {
    if (Test-Path variable:_OLD_VIRTUAL_PATH) {
        $env:PATH = $variable:_OLD_VIRTUAL_PATH
        Remove-Variable "_OLD_VIRTUAL_PATH" -Scope global
    }
    if (Test-Path function:_old_virtual_prompt) {
        $function:prompt = $function:_old_virtual_prompt
        Remove-Item function:\\_old_virtual_prompt
    }
    if ($env:VIRTUAL_ENV) { Remove-Item env:VIRTUAL_ENV -ErrorAction SilentlyContinue }
    if ($env:VIRTUAL_ENV_PROMPT) {
        Remove-Item env:VIRTUAL_ENV_PROMPT -ErrorAction SilentlyContinue
    }
    if (!$NonDestructive) { Remove-Item function:deactivate }
}

deactivate -NonDestructive

$env:VIRTUAL_ENV = @PATH@
$env:VIRTUAL_ENV_PROMPT = @PROMPT@
New-Variable -Scope global -Name _OLD_VIRTUAL_PATH -Value $env:PATH
$separator = [System.IO.Path]::PathSeparator
$env:PATH = (Join-Path $env:VIRTUAL_ENV @SCRIPTS@) + $separator + $env:PATH

if (!$env:VIRTUAL_ENV_DISABLE_PROMPT) {
    function global:_old_virtual_prompt { "" }
    $function:_old_virtual_prompt = $function:prompt
    function global:prompt {
        Write-Host -NoNewline "($env:VIRTUAL_ENV_PROMPT) "
        _old_virtual_prompt
    }
}
"""

_BATCH = """\
@echo off
rem Use with: @SCRIPTS@\\activate.bat
set "VIRTUAL_ENV=@PATH@"
set "VIRTUAL_ENV_PROMPT=@PROMPT@"
if defined _OLD_VIRTUAL_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
if defined _OLD_VIRTUAL_PATH set "PATH=%_OLD_VIRTUAL_PATH%"
set "_OLD_VIRTUAL_PATH=%PATH%"
set "_OLD_VIRTUAL_PROMPT=%PROMPT%"
if not defined VIRTUAL_ENV_DISABLE_PROMPT set "PROMPT=(%VIRTUAL_ENV_PROMPT%) %PROMPT%"
set "PATH=%VIRTUAL_ENV%\\@SCRIPTS@;%PATH%"
"""

_BATCH_LEAVE = """\
@echo off
if defined _OLD_VIRTUAL_PROMPT set "PROMPT=%_OLD_VIRTUAL_PROMPT%"
set _OLD_VIRTUAL_PROMPT=
if defined _OLD_VIRTUAL_PATH set "PATH=%_OLD_VIRTUAL_PATH%"
set _OLD_VIRTUAL_PATH=
set VIRTUAL_ENV=
set VIRTUAL_ENV_PROMPT=
"""

_NU = """\
# Use with: overlay use @SCRIPTS@/activate.nu   (leave with: deactivate)

export-env {
    let scripts = (@PATH@ | path join @SCRIPTS@)
    let path_name = (if "Path" in $env { "Path" } else { "PATH" })
    load-env {
        $path_name: ($env | get $path_name | prepend $scripts)
        VIRTUAL_ENV: @PATH@
        VIRTUAL_ENV_PROMPT: @PROMPT@
    }
}

export alias pydoc = python -m pydoc
export alias deactivate = overlay hide activate
"""

_PYTHON = """\
\"\"\"Activate this virtual environment in a Python that runs already.

Use with: runpy.run_path("@SCRIPTS@/activate_this.py")
\"\"\"

import os
import site
import sys

scripts = os.path.dirname(os.path.abspath(__file__))
base = os.path.dirname(scripts)
os.environ["PATH"] = os.pathsep.join([scripts, *os.environ.get("PATH", "").split(os.pathsep)])
os.environ["VIRTUAL_ENV"] = base
os.environ["VIRTUAL_ENV_PROMPT"] = @PROMPT@
before = len(sys.path)
site.addsitedir(os.path.realpath(os.path.join(base, @SITE@)))
sys.path[:] = sys.path[before:] + sys.path[:before]
sys.real_prefix = sys.prefix
sys.prefix = base
"""


def activation_scripts(
    path: str, prompt: str, site_packages: str, *, windows: bool
) -> dict[str, str]:
    """Return the scripts by file name. ``site_packages`` is relative to the venv ``path``."""
    scripts = "Scripts" if windows else "bin"
    made = {
        "activate": _fill(_SH, path, prompt, scripts, _quote_sh),
        "activate.fish": _fill(_FISH, path, prompt, scripts, _quote_fish),
        "activate.csh": _fill(_CSH, path, prompt, scripts, _quote_csh),
        "activate.nu": _fill(_NU, path, prompt, scripts, _quote_nu),
        "Activate.ps1": _fill(_POWERSHELL, path, prompt, scripts, _quote_powershell),
        "activate_this.py": _fill(
            _PYTHON.replace("@SITE@", repr(site_packages)), path, prompt, scripts, repr
        ),
    }
    if windows:
        made["activate.bat"] = _fill(_BATCH, path, prompt, scripts, str).replace("\n", "\r\n")
        made["deactivate.bat"] = _BATCH_LEAVE.replace("\n", "\r\n")
    return made


def _fill(template: str, path: str, prompt: str, scripts: str, quote: Callable[[str], str]) -> str:
    """Put the values in; where the template uses the directory's name in prose it stays bare."""
    lines = []
    for line in template.splitlines(keepends=True):
        bare = "Use with" in line or line.startswith('set "')
        name = scripts if bare else quote(scripts)
        filled = line.replace("@SCRIPTS@", name)
        lines.append(filled.replace("@PROMPT@", quote(prompt)).replace("@PATH@", quote(path)))
    return "".join(lines)


def _quote_sh(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _quote_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote_csh(text: str) -> str:
    # History expansion reaches into quotes.
    return _quote_sh(text).replace("!", "\\!")


def _quote_powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quote_nu(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
