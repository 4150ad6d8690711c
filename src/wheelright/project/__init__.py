"""The project: ``pyproject.toml``, what it says, what it is set to, and how it is edited.

Must live here: reading a project (``read``) into frozen values (``model``, ``requirement``), its
groups, settings of every level (``settings``, ``settings_read``), sources, PEP 723 scripts,
``requirements.txt`` files, the texts of a new project (``init``) and edits of an existing one
(``edit``), which take a text and give a text. Must not live here: writing files, the network,
resolving or building, and platform names (``targets`` reads them).

``edit``, ``init``, ``scripts`` and ``requirements_file`` are public as modules and imported only by
the verbs that need them; the rest is exported here.

What else changes with it: a new setting is one field in ``settings`` and appears in the generated
reference by itself; a new error needs its whole message in a test.

The names are imported when they are first asked for: no command needs all of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.project.document import Document, Place, key_text
    from wheelright.project.errors import (
        AmbiguousRequirementError,
        BadValue,
        ConfigurationError,
        ProjectFileError,
        ProjectNotFoundError,
        RequirementNotFoundError,
    )
    from wheelright.project.model import BuildSystem, Project, RequirementHome
    from wheelright.project.names import (
        hint_for_name,
        is_valid_name,
        nearest_name,
        normal_name,
    )
    from wheelright.project.read import (
        find_project,
        load_project,
        project_from_text,
        require_project,
    )
    from wheelright.project.requirement import Requirement, parse_requirement, parse_specifier
    from wheelright.project.settings import (
        KeyDoc,
        SettingOrigin,
        Settings,
        configuration_reference,
    )
    from wheelright.project.settings_read import configuration_files, load_settings
    from wheelright.project.settings_types import (
        Cutoff,
        IndexSetting,
        StatedMetadata,
        Target,
        parse_cutoff,
    )
    from wheelright.project.sources import (
        GitSource,
        IndexSource,
        PathSource,
        Source,
        UrlSource,
        WorkspaceSource,
        source_of_reference,
        source_of_url,
    )
    from wheelright.project.workspace import (
        Workspace,
        WorkspaceError,
        find_workspace_root,
        load_workspace,
        member_door,
        workspace_above,
    )
else:
    from wheelright import loading

    _PLACES = {
        "AmbiguousRequirementError": "errors",
        "BadValue": "errors",
        "BuildSystem": "model",
        "ConfigurationError": "errors",
        "Cutoff": "settings_types",
        "Document": "document",
        "GitSource": "sources",
        "IndexSetting": "settings_types",
        "IndexSource": "sources",
        "KeyDoc": "settings",
        "PathSource": "sources",
        "Place": "document",
        "Project": "model",
        "ProjectFileError": "errors",
        "ProjectNotFoundError": "errors",
        "Requirement": "requirement",
        "RequirementHome": "model",
        "RequirementNotFoundError": "errors",
        "SettingOrigin": "settings",
        "Settings": "settings",
        "Source": "sources",
        "StatedMetadata": "settings_types",
        "Target": "settings_types",
        "UrlSource": "sources",
        "Workspace": "workspace",
        "WorkspaceError": "workspace",
        "WorkspaceSource": "sources",
        "configuration_files": "settings_read",
        "configuration_reference": "settings",
        "find_project": "read",
        "find_workspace_root": "workspace",
        "hint_for_name": "names",
        "is_valid_name": "names",
        "key_text": "document",
        "load_project": "read",
        "load_settings": "settings_read",
        "load_workspace": "workspace",
        "member_door": "workspace",
        "nearest_name": "names",
        "normal_name": "names",
        "parse_cutoff": "settings_types",
        "parse_requirement": "requirement",
        "parse_specifier": "requirement",
        "project_from_text": "read",
        "require_project": "read",
        "source_of_reference": "sources",
        "source_of_url": "sources",
        "workspace_above": "workspace",
    }

    __getattr__ = loading(__name__, _PLACES)


__all__ = [
    "AmbiguousRequirementError",
    "BadValue",
    "BuildSystem",
    "ConfigurationError",
    "Cutoff",
    "Document",
    "GitSource",
    "IndexSetting",
    "IndexSource",
    "KeyDoc",
    "PathSource",
    "Place",
    "Project",
    "ProjectFileError",
    "ProjectNotFoundError",
    "Requirement",
    "RequirementHome",
    "RequirementNotFoundError",
    "SettingOrigin",
    "Settings",
    "Source",
    "StatedMetadata",
    "Target",
    "UrlSource",
    "Workspace",
    "WorkspaceError",
    "WorkspaceSource",
    "configuration_files",
    "configuration_reference",
    "find_project",
    "find_workspace_root",
    "hint_for_name",
    "is_valid_name",
    "key_text",
    "load_project",
    "load_settings",
    "load_workspace",
    "member_door",
    "nearest_name",
    "normal_name",
    "parse_cutoff",
    "parse_requirement",
    "parse_specifier",
    "project_from_text",
    "require_project",
    "source_of_reference",
    "source_of_url",
    "workspace_above",
]
