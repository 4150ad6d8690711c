"""What of a sync's options a venv remembers, as text, and back.

So ``status`` compares a venv with what it was synced for, and ``remove`` takes away what was
removed and nothing that an extra or a group brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.workflows.options import Selection, SyncOptions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wheelright.lockfile import Lock


def recorded(options: SyncOptions) -> dict[str, str]:
    """Return as text what else decided what the venv holds."""
    chosen = options.selection
    said = {
        "extras": "*" if chosen.all_extras else " ".join(chosen.extras),
        "no-extras": " ".join(chosen.no_extras),
        "groups": "*" if chosen.all_groups else " ".join(chosen.groups),
        "only-groups": " ".join(chosen.only_groups),
        "no-groups": " ".join(chosen.no_groups),
        "no-default-groups": "yes" if chosen.no_default_groups else "",
        "packages": "*" if chosen.all_packages else " ".join(chosen.packages),
        "no-editable": "yes" if options.no_editable else "",
        "no-install-project": "yes" if options.no_install_project else "",
        "no-install-packages": " ".join(options.no_install_packages),
    }
    return {key: value for key, value in said.items() if value}


def remembered(said: Mapping[str, str], lock: Lock) -> SyncOptions:
    """Return the options of the sync that recorded this.

    Extras and groups that the lock does not offer any more are left out.
    """

    def names(key: str, offered: Collection[str] | None = None) -> tuple[str, ...]:
        listed = said.get(key, "").replace("*", "").split()
        return tuple(name for name in listed if offered is None or name in offered)

    selection = Selection(
        extras=names("extras", lock.extras),
        all_extras=said.get("extras") == "*",
        no_extras=names("no-extras", lock.extras),
        groups=names("groups", lock.groups),
        all_groups=said.get("groups") == "*",
        only_groups=names("only-groups", lock.groups),
        no_groups=names("no-groups", lock.groups),
        no_default_groups="no-default-groups" in said,
        packages=names("packages"),
        all_packages=said.get("packages") == "*",
    )
    return SyncOptions(
        selection=selection,
        no_editable="no-editable" in said,
        no_install_project="no-install-project" in said,
        no_install_packages=names("no-install-packages"),
    )
