# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one seam between Ansible and the package: options, identity, claims, and errors turned into failures."""

from __future__ import annotations

import traceback
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from copias.case.guard import die_with_playbook, hold_case, record_failure
    from copias.errors import BackupError
    from copias.office import Office, open_office

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

CASE_OPTIONS: dict[str, dict[str, t.Any]] = {
    "config": {"type": "path", "required": True},
    "case": {"type": "str", "required": True},
}
"""Options that every step of a case has; documented in the fragment ``_case``."""


class CaseModule(AnsibleModule):
    """A module that does one step of one case."""

    def __init__(self, options: dict[str, dict[str, t.Any]] | None = None) -> None:
        super().__init__(argument_spec={**CASE_OPTIONS, **(options or {})}, supports_check_mode=True)
        if IMPORT_ERROR is not None:
            self.fail_json(msg=missing_required_lib("copias"), exception=IMPORT_ERROR)
        self._office: Office | None = None

    @property
    def case(self) -> str:
        """Return the case's number, as given."""
        return self.params["case"]

    @property
    def office(self) -> Office:
        """Return what the package works with, opened at the first use."""
        if self._office is None:
            self._office = open_office(Path(self.params["config"]))
        return self._office

    def hold(self) -> None:
        """Make sure, just before changing anything, that this playbook still holds a case that is still wanted."""
        die_with_playbook()
        hold_case(self.office, self.case)

    def finish(self, work: t.Callable[[CaseModule], dict[str, t.Any]]) -> t.NoReturn:
        """Do the work and exit, turning an error of the package into a recorded failure."""
        try:
            result = work(self)
        except BackupError as error:
            if self._office is not None and not self.check_mode:
                record_failure(self._office, self.case, error)
            self.fail_json(msg=str(error), **error.facts())
        self.exit_json(**result)
