"""ARA, an optional recorder of runs: with ``COPIAS_ARA=1`` each playbook's hosts, tasks and outcomes go to a database.

Offline, in SQLite, below the state folder, for this account only. What tasks return is not recorded, nor facts, nor
extra variables: names of hosts (which are accounts and databases), tasks, times and outcomes are.
"""

from __future__ import annotations

import importlib.util
import sys
import typing as t
from pathlib import Path

from copias.files import make_private_directory

if t.TYPE_CHECKING:
    from collections.abc import Mapping

SWITCH: t.Final = "COPIAS_ARA"


def recorder_environment(state: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what makes Ansible record a run; nothing without the switch, or where ARA is not installed.

    A copy is worth more than its record: without ARA the run goes on, and its log says so.

    Args:
        state: folder of this installation; the database is ``ara/ansible.sqlite`` there.
        environment: of the process that starts the run.
    """
    if environment.get(SWITCH) != "1":
        return {}
    found = importlib.util.find_spec("ara")
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        sys.stderr.write(f"{SWITCH}=1, pero ARA no está instalado: la ejecución no se registra en él\n")
        return {}
    folder = make_private_directory(state / "ara")
    database = folder / "ansible.sqlite"
    database.touch(mode=0o600)  # before ARA does, which would let others read it
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(places[0]) / "plugins" / "callback"),
        "ARA_API_CLIENT": "offline",
        "ARA_BASE_DIR": str(folder),
        "ARA_DATABASE_NAME": str(database),
        "ARA_IGNORED_ARGUMENTS": "extra_vars,inventory,subset,vault_password_files,vault_ids,private_key_file",
        "ARA_IGNORED_FACTS": "all",
        "ARA_IGNORED_FILES": f"{state},/inventories/",
        "ARA_RECORD_TASK_CONTENT": "false",
        "ARA_RECORD_CONTROLLER": "false",
        "ARA_TIME_ZONE": "America/Bogota",
        "ARA_DEBUG": "false",
    }
