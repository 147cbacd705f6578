"""A remote case through the command line: asked once, awaited without failing, promised, delivered, resolved."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from copias.business_time import add_business_days
from copias.database.postgresql.tools import installed
from copias.local_time import BOGOTA
from tests.e2e.town import CASE, DATABASE, Town

pytestmark = pytest.mark.slow

CONTACT = "soporte@nube-sur.example"


def provide(town: Town, **changes: Any) -> None:
    """Have the demo's database delivered by a provider."""
    today = datetime.now(BOGOTA).date()
    provider = {
        "name": "Nube Sur S.A.S.",
        "contract": "CPS-012-2026",
        "ends": today + timedelta(days=30),
        "obligations": {"hosting": True, "support": True, "copies": True, "recovery": False},
        "contact": {"name": "Luisa Proveedora", "post": "Soporte", "addresses": [CONTACT]},
        "promised_hours": 16,
        "drop": {"kind": "folder", "path": "${COPIAS_PROVIDER_DROP}", "settle_minutes": 0},
    }
    town.hurry(providers={"nube_sur": provider}, **{f"databases__{DATABASE}__provider": "nube_sur", **changes})


def test_a_remote_case_asks_once_waits_without_failing_and_goes_on_by_itself(town: Town) -> None:
    provide(town)
    day = add_business_days(datetime.now(BOGOTA).date(), 7)
    town.copias("classify", CASE, "--kind", "sinfa", "--subject", DATABASE, "--mode", "remote")

    first = town.run_case(CASE, "--json")
    again = town.run_case(CASE)
    promised = town.copias("provider", "promise", CASE, f"{day:%d/%m/%Y}", "--note", "por teléfono")
    waits = town.copias("poll", "--json")
    deliver_dump(town)
    polled = town.copias("poll", "--json")
    followed = town.follow(CASE)

    assert (first.code, first.json["state"]) == (0, "on_hold"), first.text
    assert (again.code, "prometida para el" in again.err) == (3, True), again.text
    assert promised.code == 0, promised.text
    assert [(one["number"], one["what"]) for one in waits.json["cases"]] == [(CASE, "awaited")]
    assert [one["what"] for one in polled.json["cases"]] == ["started"]
    assert (followed.code, followed.json["state"]) == (0, "resolved"), followed.text
    assert town.answers(CASE) == ["En proceso", "En espera", "En espera", "Asignado", "Solucionado"]
    assert [mail["name"].split("-")[1] for mail in mails(town)] == ["solicitud", "agradecimiento"]
    assert (town.count("provider.requested"), town.count("case.failed")) == (1, 0)
    assert "Se pidió la copia" in town.copias("show", CASE).out


def mails(town: Town) -> list[dict[str, Any]]:
    return town.copias("provider", "mail", CASE, "--json").json


def deliver_dump(town: Town) -> None:
    """Put a dump of the demo's database where the provider delivers."""
    folder = town.world.home / "entregas-proveedor" / CASE
    folder.mkdir(exist_ok=True)
    variables = town.world.environment
    command = [
        *(installed()[-1]["pg_dump"], "--format=custom", "--no-password", f"--file={folder / 'sinfa.backup'}"),
        *(
            "--host=127.0.0.1",
            f"--port={variables['COPIAS_SINFA_PORT']}",
            f"--username={variables['COPIAS_SINFA_USER']}",
        ),
        "sinfa",
    ]
    password = Path(variables["COPIAS_SINFA_PASSWORD_FILE"]).read_text().strip()
    subprocess.run(command, check=True, env={**os.environ, "PGPASSWORD": password}, timeout=60)


def test_contracts_are_listed_with_what_they_lack(town: Town) -> None:
    provide(town)

    listed = town.copias("provider", "list")
    shown = town.copias("provider", "show", "nube_sur")
    unknown = town.copias("provider", "show", "otro")

    assert all(word in listed.out for word in ("nube_sur", "CPS-012-2026", "quedan 30 días", "recuperación"))
    assert all(word in shown.out for word in (CONTACT, "16 horas hábiles", DATABASE, "NO"))
    assert (unknown.code, "nube_sur" in unknown.err) == (2, True)
