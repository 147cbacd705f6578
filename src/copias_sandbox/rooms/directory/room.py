"""The Directory room: accounts, units and groups, as an administrator sees them."""

from __future__ import annotations

from copias_sandbox.core.room import Room
from copias_sandbox.rooms.directory import groups, org_units, users

DIRECTORY = Room(
    document="admin.directory_v1",
    prefix="/admin/directory/v1/",
    hosts=frozenset({"admin.googleapis.com", "www.googleapis.com"}),
    legacy=True,
    handlers={
        "directory.users.get": users.get_user,
        "directory.users.list": users.list_users,
        "directory.users.patch": users.change_user,
        "directory.users.update": users.change_user,
        "directory.users.delete": users.delete_user,
        "directory.users.undelete": users.undelete_user,
        "directory.users.aliases.list": users.list_aliases,
        "directory.orgunits.get": org_units.get_org_unit,
        "directory.orgunits.list": org_units.list_org_units,
        "directory.groups.get": groups.get_group,
        "directory.groups.list": groups.list_groups,
        "directory.members.list": groups.list_members,
        "directory.customers.get": groups.get_customer,
        "directory.domains.list": groups.list_domains,
    },
)
