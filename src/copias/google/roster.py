"""Accounts as things that are copied: hosts with the names and groups that Ansible knows them by."""

from __future__ import annotations

import hashlib
import re
import typing as t
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from copias.google.directory import DirectoryUser
    from copias.inventory_options import Grouping
    from copias.policies import Policies

DRIVE_SUFFIX: t.Final = "+drive"
LONGEST: t.Final = 200
"""Characters of a text of the Directory that are kept."""
ACCOUNT_GROUPS: t.Final = ("mailboxes", "drives", "suspended", "archived")


@dataclass
class Roster:
    """What becomes of accounts.

    Args:
        hosts: a host's variables by its name; plain text only.
        members: hosts by group.
        children: groups by the group above them.
    """

    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    members: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    children: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def put_under(self, parent: str, child: str) -> None:
        """Put a group under another, once."""
        if child not in self.children[parent]:
            self.children[parent].append(child)


def drive_host(address: str) -> str:
    """Return the host that stands for an account's Drive.

    A mailbox is a host by the account's bare address. Its Drive needs another one, although both have the same
    variables: a play asks a host's *groups* for what to do with it (``'mailboxes' in group_names``), and Ansible merges
    what has one name into one host, so a case about one of them would copy both. No address has a ``+`` in its domain.
    """
    return address + DRIVE_SUFFIX


def make_roster(
    users: Iterable[DirectoryUser], *, is_ours: Callable[[str], bool], groups: Iterable[Grouping] = ("department",)
) -> Roster:
    """Return the hosts and groups of accounts.

    A suspended or archived account is in a group of its own and in no other group of things to copy: Google does not
    let anybody read it.

    Args:
        users: the accounts, in any order.
        is_ours: tells whether an address is one that this deployment copies; any other text is left out.
        groups: by what, besides, they are grouped.
    """
    roster, wanted = Roster(), tuple(groups)
    for user in sorted(users, key=lambda one: one.address):
        if is_ours(user.address):
            for host in _add(roster, user):
                _group(roster, host, user, wanted)
    return roster


def find_policies(roster: Roster, policies: Policies) -> dict[str, str]:
    """Return the name of the policy of each host, empty of one that none covers."""
    by_account: dict[str, str] = {}  # an account has two hosts
    found: dict[str, str] = {}
    for host, facts in roster.hosts.items():
        account = facts["copias_account"]
        if account not in by_account:
            place = {"department": facts["copias_department"], "org_unit": facts["copias_org_unit"]}
            by_account[account] = policies.of_account(account, **place)[0]
        found[host] = by_account[account]
    return found


def _add(roster: Roster, user: DirectoryUser) -> list[str]:
    if user.suspended or user.archived:
        places = {"suspended" if user.suspended else "archived": user.address}
    else:
        places = {"drives": drive_host(user.address)}
        if user.has_mailbox:
            places = {"mailboxes": user.address, **places}
    variables = {
        "copias_account": user.address,
        "copias_department": clean_text(user.department),
        "copias_org_unit": clean_text(user.org_unit),
    }
    for group, host in places.items():
        roster.members[group].append(host)
        roster.hosts[host] = variables
    return list(places.values())


def _group(roster: Roster, host: str, user: DirectoryUser, wanted: tuple[Grouping, ...]) -> None:
    if "department" in wanted and user.department.strip():
        group = f"department_{group_word(user.department)}"
        roster.members[group].append(host)
        roster.put_under("departments", group)
    if "org_unit" in wanted:
        group = "org_units"
        for depth, _ in enumerate(parts := [part for part in user.org_unit.split("/") if part.strip()], 1):
            below = "org_unit_" + "_".join(group_word(part) for part in parts[:depth])
            roster.put_under(group, below)
            group = below
        roster.members[group].append(host)


def group_word(text: str) -> str:
    """Return a text as a part of a group's name: lower-case letters, digits and ``_``, never empty.

    Accents and case are lost, so that two spellings of one department are one group.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:80]
    return word or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def clean_text(text: str) -> str:
    """Return a text of the Directory without what could command a terminal or break a line."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST])
