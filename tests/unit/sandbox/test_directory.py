"""The Directory: accounts, units, groups, and what happens to accounts."""

from __future__ import annotations

import pytest

from copias_sandbox.local import LocalClient
from copias_sandbox.seed.directory import fill_directory
from copias_sandbox.seed.words import DEPARTMENTS, DOMAIN, HACIENDA, HELP_DESK

SCOPE = "https://www.googleapis.com/auth/admin.directory."
SCOPES = [f"{SCOPE}{name}" for name in ("user", "orgunit", "group", "customer", "domain")]
BERTA, QUIOSCO, HERNAN = f"berta.supuesta@{DOMAIN}", f"quiosco@{DOMAIN}", f"hernan.retirado@{DOMAIN}"
LIGIA = f"ligia.borrada@{DOMAIN}"
MARTA = f"marta.ejemplo@{DOMAIN}"
USERS = "/admin/directory/v1/users"
CUSTOMER = "/admin/directory/v1/customer/my_customer"


@pytest.fixture
def directory(google) -> LocalClient:
    fill_directory(google.state, google.clock, 20260101)
    return LocalClient(google, HELP_DESK, scopes=SCOPES)


def search(directory, query: str = "", **options) -> list[str]:
    """Return the addresses that a search finds."""
    found = directory.ask("GET", USERS, **{"customer": "my_customer", "maxResults": 500, "query": query, **options})
    assert "error" not in found, found
    return [user["primaryEmail"] for user in found.get("users", [])]


def get(directory, key: str, **options):
    return directory.ask("GET", f"{USERS}/{key}", **options)


def test_account_is_found_by_address_alias_and_id(directory):
    user = get(directory, BERTA)

    assert get(directory, f"tesoreria@{DOMAIN}") == user
    assert get(directory, user["id"]) == user
    assert get(directory, BERTA.upper()) == user
    assert user["aliases"] == [f"tesoreria@{DOMAIN}"]
    assert user["orgUnitPath"] == f"/{HACIENDA}/Tesorería"


@pytest.mark.parametrize(
    ("email", "field", "value"),
    [
        (QUIOSCO, "isMailboxSetup", False),
        (BERTA, "isMailboxSetup", True),
        (HERNAN, "suspended", True),
        (HERNAN, "suspensionReason", "ADMIN"),
        (BERTA, "archived", False),
        (HELP_DESK, "isAdmin", True),
        (BERTA, "creationTime", "2024-01-15T08:00:00.000Z"),
    ],
)
def test_seed_has_one_of_each_curious_kind(directory, email, field, value):
    assert get(directory, email)[field] == value


def test_account_that_does_not_exist_is_404_in_the_older_shape(directory):
    error = get(directory, f"nadie@{DOMAIN}")["error"]

    assert (error["code"], error["message"]) == (404, "Resource Not Found: userKey")
    assert error["errors"] == [{"message": error["message"], "domain": "global", "reason": "notFound"}]


def test_only_administrators_read_the_directory(google, directory):
    other = LocalClient(google, MARTA, scopes=SCOPES)

    assert get(other, BERTA)["error"]["message"] == "Not Authorized to access this resource/api"
    assert get(other, BERTA, viewType="domain_public")["primaryEmail"] == BERTA
    assert "suspended" not in get(other, BERTA, viewType="domain_public")


@pytest.mark.parametrize(
    ("query", "found", "left_out"),
    [
        ("name:Berta", {BERTA}, {MARTA}),
        ("name:'Berta Inés Supuesta'", {BERTA}, {MARTA}),
        ("name=Ber", set(), {BERTA}),
        ("givenName:ber*", {BERTA}, {MARTA}),
        ("familyName:Retirado", {HERNAN}, {BERTA}),
        ("email:berta*", {BERTA}, {MARTA}),
        (f"email={QUIOSCO}", {QUIOSCO}, {BERTA}),
        ("email:tesoreria*", {BERTA}, {MARTA}),
        ("isSuspended=true", {HERNAN}, {BERTA, LIGIA}),
        ("isSuspended=false", {BERTA}, {HERNAN}),
        ("isAdmin=true", {HELP_DESK}, {BERTA}),
        (f"orgUnitPath='/{HACIENDA}'", {BERTA, MARTA}, {HERNAN}),
        (f"orgUnitPath='/{HACIENDA}/Tesorería'", {BERTA}, {MARTA}),
        (f"orgUnitPath='/{HACIENDA}' isSuspended=false name:berta", {BERTA}, {MARTA}),
        (f"orgDepartment='{HACIENDA}'", {BERTA, MARTA}, {HERNAN}),
        ("berta", {BERTA}, {MARTA}),
    ],
)
def test_search_finds_what_fits_all_its_conditions(directory, query, found, left_out):
    addresses = set(search(directory, query))

    assert found <= addresses
    assert not left_out & addresses


@pytest.mark.parametrize("query", ["planeta=marte", "isSuspended=quizás", "name:'sin cerrar", "= =", "name:"])
def test_search_that_makes_no_sense_is_refused(directory, query):
    answer = directory.ask("GET", USERS, customer="my_customer", query=query)

    assert answer["error"]["errors"][0]["reason"] == "invalid"


def test_pages_hold_everybody_once(directory):
    everybody, token, pages = [], None, 0
    while token is not None or pages == 0:
        options = {"pageToken": token} if token else {}
        page = directory.ask("GET", USERS, domain=DOMAIN, maxResults=7, **options)
        everybody += [user["primaryEmail"] for user in page["users"]]
        token, pages = page.get("nextPageToken"), pages + 1

    assert everybody == search(directory, orderBy="email")
    assert pages == -(-len(everybody) // 7)
    assert directory.send("GET", USERS, domain=DOMAIN, pageToken="x").status == 400


def test_order_is_as_asked(directory):
    assert search(directory, orderBy="email", sortOrder="DESCENDING") == search(directory)[::-1]
    names = [user["name"]["familyName"].lower() for user in directory.ask(
        "GET", USERS, customer="my_customer", maxResults=500, orderBy="familyName")["users"]]  # fmt: skip
    assert names == sorted(names)


def test_listing_names_whose_accounts(directory):
    assert directory.send("GET", USERS).status == 400
    assert directory.send("GET", USERS, customer="C0otro").status == 404
    assert search(directory, customer="C0sandbox") == search(directory)


def test_suspension_is_seen_at_once_and_ends(directory):
    changed = directory.ask("PATCH", f"{USERS}/{BERTA}", {"suspended": True, "desconocido": 1})
    assert (changed["suspended"], changed["suspensionReason"]) == (True, "ADMIN")
    assert BERTA in search(directory, "isSuspended=true")

    directory.ask("PUT", f"{USERS}/{BERTA}", {"suspended": False})
    assert "suspensionReason" not in get(directory, BERTA)


def test_account_moves_to_units_that_exist_only(directory):
    assert directory.send("PATCH", f"{USERS}/{BERTA}", {"orgUnitPath": "/No hay"}).status == 400

    moved = directory.ask("PATCH", f"{USERS}/{BERTA}", {"orgUnitPath": f"/{DEPARTMENTS[3]}"})
    assert moved["orgUnitPath"] == f"/{DEPARTMENTS[3]}"


def test_deleted_account_is_listed_apart_and_comes_back_by_its_id(directory):
    user = get(directory, BERTA)
    assert directory.send("DELETE", f"{USERS}/{BERTA}").status == 204

    assert BERTA not in search(directory)
    assert set(search(directory, showDeleted="true")) == {BERTA, LIGIA}
    gone = directory.ask("GET", USERS, customer="my_customer", showDeleted="true")["users"]
    assert all(one["deletionTime"].startswith("20") for one in gone)
    assert directory.send("POST", f"{USERS}/{BERTA}/undelete", {}).status == 404
    assert directory.send("POST", f"{USERS}/{user['id']}/undelete", {"orgUnitPath": "/"}).status == 204
    assert get(directory, BERTA) == {**user, "orgUnitPath": "/"}


def test_deleted_account_is_gone_for_good_after_20_days(google, directory):
    google.clock.advance(16 * 86_400)
    assert search_again(google, showDeleted="true") == [LIGIA]

    google.clock.advance(2 * 86_400)
    assert search_again(google, showDeleted="true") == []


def search_again(google, **options) -> list[str]:
    """Search with a new token: the old one expired."""
    return search(LocalClient(google, HELP_DESK, scopes=SCOPES), **options)


def test_units_are_a_tree(directory):
    def paths(**options):
        units = directory.ask("GET", f"{CUSTOMER}/orgunits", **options).get("organizationUnits", [])
        return [unit["orgUnitPath"] for unit in units]

    top = paths()
    assert f"/{HACIENDA}" in top
    assert f"/{HACIENDA}/Tesorería" not in top
    assert set(paths(type="all")) == {*top, f"/{HACIENDA}/Tesorería"}
    assert paths(type="allIncludingParent")[0] == "/"
    assert paths(orgUnitPath=f"/{HACIENDA}") == [f"/{HACIENDA}/Tesorería"]


def test_unit_is_found_by_path_and_id(directory):
    unit = directory.ask("GET", f"{CUSTOMER}/orgunits/{HACIENDA}/Tesorería".replace(" ", "%20"))

    assert unit["parentOrgUnitPath"] == f"/{HACIENDA}"
    assert directory.ask("GET", f"{CUSTOMER}/orgunits/{unit['orgUnitId']}") == unit
    assert directory.send("GET", f"{CUSTOMER}/orgunits/Nada").status == 404


def test_groups_are_listed_by_member_and_their_members_too(directory):
    def groups(**options):
        found = directory.ask("GET", "/admin/directory/v1/groups", **options)
        return [group["email"] for group in found.get("groups", [])]

    assert groups(domain=DOMAIN) == groups(customer="my_customer") == [f"hacienda@{DOMAIN}", f"todos@{DOMAIN}"]
    assert groups(userKey=QUIOSCO) == [f"todos@{DOMAIN}"]
    members = directory.ask("GET", f"/admin/directory/v1/groups/hacienda@{DOMAIN}/members")["members"]
    assert {BERTA, MARTA} <= {member["email"] for member in members}
    assert directory.send("GET", "/admin/directory/v1/groups/nada@x.example/members").status == 404


def test_organisation_tells_its_domain(directory):
    customer = directory.ask("GET", "/admin/directory/v1/customers/my_customer")
    domains = directory.ask("GET", f"{CUSTOMER}/domains")["domains"]

    assert customer["customerDomain"] == domains[0]["domainName"] == DOMAIN


def test_reading_needs_the_scope_of_what_is_read(google, directory):
    reader = LocalClient(google, HELP_DESK, scopes=[f"{SCOPE}user.readonly"])

    assert reader.send("GET", f"{USERS}/{BERTA}").status == 200
    assert reader.send("PATCH", f"{USERS}/{BERTA}", {"suspended": True}).status == 403
    assert reader.send("GET", f"{CUSTOMER}/orgunits").status == 403
