"""A run's context for a script of its own: the script's settings over those of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.project import load_settings

if TYPE_CHECKING:
    from wheelright.project import Settings
    from wheelright.project.scripts import Script
    from wheelright.workflows.context import Context


def script_context(context: Context, script: Script) -> Context:
    """Return the context of a script: no project around counts, its own settings do.

    Environment variables still win over what the script says, as they do for projects.
    """
    config = context.options.config_file
    user = load_settings(
        None,
        (context.directory / config) if config else None,
        no_config=context.options.no_config,
        environ=context.environ,
        reporter=context.reporter,
    )
    around = context.again()
    # What a cached property would find on disk is known already.
    vars(around)["settings"] = _over(script.settings, user)
    vars(around)["project_directory"] = script.path.parent
    return around


def _over(script: Settings, user: Settings) -> Settings:
    """Merge: the script's keys win over the user's files; lists of indexes are joined."""
    values = {}
    for name in script.__struct_fields__:
        key = name.replace("_", "-")
        if key not in script.origins:
            continue
        if key in user.origins and user.origins[key].level == "environment":
            continue
        value = getattr(script, name)
        if key in {"index", "find-links", "extra-index-url"}:
            value = (*value, *getattr(user, name))
        values[name] = value
    return replace(user, **values, origins={**user.origins, **script.origins})
