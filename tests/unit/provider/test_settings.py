"""The providers file is read whole or refused with the key that is wrong."""

from __future__ import annotations

import typing as t
from datetime import date
from pathlib import Path

import pytest
import yaml

from copias.config import load_deployment
from copias.errors import BadConfiguration

PROVIDER = {
    "name": "Nube Sur S.A.S.",
    "contract": "CPS-012-2026",
    "ends": date(2026, 12, 31),
    "obligations": {
        "hosting": True,
        "support": True,
        "copies": True,
        "recovery": {"in_force": False, "note": "en otrosí 2"},
    },
    "contact": {"name": "Luisa", "addresses": ["Soporte@Nube-Sur.example"]},
    "promised_hours": 16,
    "drop": {"kind": "folder", "path": "entregas"},
}
DATABASE = {
    "engine": "Informix 12",
    "database": "sinfa",
    "department": "Hacienda",
    "record_series": "Estados financieros",
    "provider": "nube_sur",
}


def deploy(folder: Path, **changes: t.Any) -> Path:
    content = {
        "plugin": "funza.copias.workspace",
        "entity": "Alcaldía de Valle Claro",
        "state": "state",
        "people": "people.yml",
        "google": {"key_file": "key.json"},
        "help_desk": {"spreadsheet": "hoja", "requests_tab": "Solicitudes"},
        "stores": {"nas": {"kind": "folder", "path": "nas"}},
        "databases": {"hacienda": DATABASE},
        "providers": {"nube_sur": PROVIDER},
        **changes,
    }
    path = folder / "copias.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_a_provider_may_stand_in_the_deployment_s_file(tmp_path: Path) -> None:
    deployment = load_deployment(deploy(tmp_path))

    provider = deployment.provider_of("hacienda")
    assert provider.contact.addresses == ("soporte@nube-sur.example",)
    assert [(name, one.note) for name, one in provider.obligations.missing()] == [("recovery", "en otrosí 2")]
    assert provider.drop.path == tmp_path / "entregas"
    assert not deployment.database("hacienda").reachable


def test_providers_may_have_a_file_of_their_own_with_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H6_CONTRACT", "CPS-099")
    own = tmp_path / "contratos" / "proveedores.yml"
    own.parent.mkdir()
    own.write_text(yaml.safe_dump({"providers": {"nube_sur": {**PROVIDER, "contract": "${H6_CONTRACT}"}}}))

    deployment = load_deployment(deploy(tmp_path, providers="contratos/proveedores.yml"))

    assert deployment.provider_of("hacienda").contract == "CPS-099"


@pytest.mark.parametrize(
    ("content", "word"),
    [(None, "proveedores.yml"), ("a: [", "proveedores.yml"), ("otra: {}", "una sola clave"), ("[]", "una sola clave")],
)
def test_a_file_of_providers_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, word: str) -> None:
    if content is not None:
        (tmp_path / "proveedores.yml").write_text(content)

    with pytest.raises(BadConfiguration) as caught:
        load_deployment(deploy(tmp_path, providers="proveedores.yml"))

    assert word in caught.value.why


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ends": "pronto"}, "ends"),
        ({"obligations": {"hosting": True}}, "obligations.support"),
        ({"obligations": {**PROVIDER["obligations"], "copies": "a veces"}}, "obligations.copies"),
        ({"contact": {"name": "Luisa", "addresses": []}}, "contact.addresses"),
        ({"contact": {"name": "Luisa", "addresses": ["a@x.example\nBcc: b@y.example"]}}, "contact.addresses"),
        ({"contact": {"name": "Luisa", "addresses": ["a@x.example"], "domains": ["example"]}}, "contact.domains"),
        ({"promised_hours": 0}, "promised_hours"),
        ({"promised_hours": float("nan")}, "promised_hours"),
        ({"opens": "18:00"}, "opens"),
        ({"name": "Nube\nSur"}, "name"),
        ({"reminders": {"late_every": -1}}, "late_every"),
        ({"contrato": "CPS"}, "contrato"),
    ],
    ids=str,
)
def test_a_wrong_key_is_named(tmp_path: Path, change: dict[str, t.Any], key: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_deployment(deploy(tmp_path, providers={"nube_sur": {**PROVIDER, **change}}))

    assert key in caught.value.why


def test_a_database_of_a_provider_that_is_not_in_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="no está en providers"):
        load_deployment(deploy(tmp_path, providers={}))


@pytest.mark.parametrize(
    "change", [{"provider": None}, {"host": "127.0.0.1"}, {"user": "sinfa"}, {"repository": "nas"}], ids=str
)
def test_a_database_without_a_way_to_it_is_refused(tmp_path: Path, change: dict[str, t.Any]) -> None:
    with pytest.raises(BadConfiguration, match="falta"):
        load_deployment(deploy(tmp_path, databases={"hacienda": {**DATABASE, **change}}))
