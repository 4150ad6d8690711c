"""What a wheel's binaries really need, read from the files without running them.

Must live here: reading ELF, Mach-O and PE; the published manylinux and musllinux policies as data;
comparing needs with what a wheel's name promises.
Must not live here: unpacking archives (``store``), platforms and tags (``targets``).
Changes with it: the store, which keeps the needs of each wheel; the ``check`` workflow.
"""

from wheelright.targets.needs.binary import BinaryNeeds
from wheelright.targets.needs.policies import Policy, policies, policy_for
from wheelright.targets.needs.promises import Broken, floor_of, promise_kept, why_needs_misfit
from wheelright.targets.needs.wheel import (
    MAGIC_SIZE,
    Floor,
    WheelNeeds,
    from_plain,
    is_binary,
    is_module,
    read_binary,
    read_needs,
    to_plain,
)

__all__ = [
    "MAGIC_SIZE",
    "BinaryNeeds",
    "Broken",
    "Floor",
    "Policy",
    "WheelNeeds",
    "floor_of",
    "from_plain",
    "is_binary",
    "is_module",
    "policies",
    "policy_for",
    "promise_kept",
    "read_binary",
    "read_needs",
    "to_plain",
    "why_needs_misfit",
]
