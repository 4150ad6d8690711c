"""What auditwheel says of wheels, one line of JSON for each; run by a Python that has auditwheel.

Wheels are read by several processes. ``versions`` are the symbol versions asked of the machine's
libraries, ``missing`` the libraries that each policy lacks, ``policy`` the oldest that it keeps.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from auditwheel import wheel_abi  # type: ignore[import-not-found]
from auditwheel.wheeltools import (  # type: ignore[import-not-found]
    get_wheel_architecture,
    get_wheel_libc,
)


def answer(path: str) -> dict[str, Any]:
    """Ask for one wheel."""
    wheel = Path(path)
    held: list[Any] = []
    read = wheel_abi.get_wheel_elfdata

    def keep(*args: Any) -> Any:
        held.append(read(*args))
        return held[0]

    wheel_abi.get_wheel_elfdata = keep
    try:
        found = wheel_abi.analyze_wheel_abi(
            get_wheel_libc(wheel.name),
            get_wheel_architecture(wheel.name),
            wheel,
            frozenset(),
            disable_isa_ext_check=False,
            allow_graft=False,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is its answer
        return {"wheel": wheel.name, "error": f"{type(error).__name__}: {error}"}
    finally:
        wheel_abi.get_wheel_elfdata = read
    return {
        "wheel": wheel.name,
        "policy": found.overall_policy.name,
        "versions": {name: sorted(v) for name, v in held[0].versioned_symbols.items()},
        "missing": {name: sorted(refs.libs) for name, refs in found.external_refs.items()},
        "forbidden": {name: sorted(refs.blacklist) for name, refs in found.external_refs.items()},
    }


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        for found in pool.map(answer, sys.stdin.read().split("\n"), chunksize=4):
            sys.stdout.write(json.dumps(found) + "\n")
