# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one seam between Ansible and the package: options, claims, check mode, and errors turned into failures."""

from __future__ import annotations

import re
import traceback
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    from copias.case.book import check_number
    from copias.case.guard import die_with_playbook, hold_case, record_failure
    from copias.errors import BackupError
    from copias.office import Office, open_office

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

CONFIG_OPTION: dict[str, dict[str, t.Any]] = {"config": {"type": "path", "required": True}}
"""The deployment's file, which every module takes."""

REPOSITORIES_OPTIONS: dict[str, dict[str, t.Any]] = {
    **CONFIG_OPTION,
    "repositories": {"type": "list", "elements": "str", "default": []},
}
"""Options of what is done to each repository; documented in the fragment ``_repositories``."""

CASE_OPTIONS: dict[str, dict[str, t.Any]] = {**CONFIG_OPTION, "case": {"type": "str", "required": True}}
"""Options of every step of a case, and all that it has; documented in the fragment ``_case``."""

NEXT_PART = re.compile(r"; (?=\(\d+\) )")
"""Between the numbered parts of an error: ``(1) …; (2) …``."""


class Plan(t.Protocol):
    """What a step would do, as the package plans it."""

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to do."""

    def run(self) -> object:
        """Do it."""


class OfficeModule(AnsibleModule):
    """A module that works with one deployment.

    Args:
        options: what it takes.
    """

    def __init__(self, options: dict[str, dict[str, t.Any]]) -> None:
        super().__init__(argument_spec=options, supports_check_mode=True)
        if IMPORT_ERROR is not None:
            self.fail_json(msg=missing_required_lib("copias"), exception=IMPORT_ERROR)
        self._office: Office | None = None

    @property
    def office(self) -> Office:
        """Return what the package works with, opened at the first use."""
        if self._office is None:
            self._office = open_office(Path(self.params["config"]))
        return self._office

    def finish(self, work: t.Callable[[t.Self], dict[str, t.Any]]) -> t.NoReturn:
        """Do the work and exit, turning an error of the package into a failure."""
        try:
            result = work(self)
        except BackupError as error:
            self.fail_with(error)
        self.exit_json(**result)

    def fail_with(self, error: BackupError, **result: t.Any) -> t.NoReturn:
        """Exit with an error of the package, and with what was done all the same."""
        facts = error.facts()
        told = {name: facts[name] for name in ("error", "exit_code", "transient")}
        self.fail_json(msg=tell(error), **{**result, **told})


class CaseModule(OfficeModule):
    """A module that does one step of one case."""

    def __init__(self) -> None:
        super().__init__(CASE_OPTIONS)

    @property
    def case(self) -> str:
        """Return the case's number."""
        return self.params["case"]

    def carry_out(self, plan: Plan) -> bool:
        """Run a plan that changes something, unless in check mode; return whether it does.

        Just before, make sure that this playbook still holds a case that is still wanted.
        """
        changes = plan.changes
        if changes and not self.check_mode:
            die_with_playbook()
            hold_case(self.office, self.case)
            plan.run()
        return changes

    def finish(self, work: t.Callable[[t.Self], dict[str, t.Any]]) -> t.NoReturn:
        """Do the work and exit, turning an error of the package into a recorded failure."""
        try:
            check_number(self.case)
            result = work(self)
        except BackupError as error:
            if self._office is not None and not self.check_mode:
                error = record_failure(self._office, self.case, error)
            self.fail_with(error)
        self.exit_json(**result)


def tell(error: BackupError) -> str:
    """Return an error in lines, which Ansible shows as they are: what, whose, each cause and each repair."""
    lines = [f"{error.whose}: {error.what}" if error.whose else error.what]
    for label, text in (("Por qué", error.why), ("Qué hacer", error.repair)):
        first, *more = NEXT_PART.split(text)
        if more:
            lines += [f"{label}:", *(f"  {part}" for part in (first, *more))]
        elif first:
            lines.append(f"{label}: {first}")
    return "\n".join(lines)
