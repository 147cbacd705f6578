"""What copias.yml says of a scenario's installation, and the databases that it names."""

from __future__ import annotations

import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pymysql
from psycopg import Connection, connect, sql

HERE = Path(__file__).resolve().parent
RUN = HERE.parents[1] / ".work" / "molecule" / "hosts"
NAS, DATABASE_SERVER, ACCOUNT = "192.0.2.20", "192.0.2.30", "copias"
SUBJECT, STORE, REPOSITORY = "sinfa", "nas", "noche"
MARIADB, FIREBIRD = "sinfa_mariadb", "sinfa_firebird"
MIRRORED = ["marta.ejemplo@alcaldia.example", "mesa.ayuda@alcaldia.example"]
AT_NIGHT = {"control_rebuild", "nas_repository", "nas_retention", "night", "rebuild", "restore_drill", "sinfa_night"}
"""Scenarios whose databases have nightly copies."""
DELIVERED, PROVIDER = "provider_delivery", "sistemas"
MONTHLY = "night"
ALL_ENGINES = {"restore_drill", "sinfa_night"}
KEYS = RUN / "keys"


def describe(name: str, google: t.Any) -> dict[str, t.Any]:
    """Return the content of a scenario's copias.yml; ``google`` is its running help desk."""
    repositories = {"repositories": {REPOSITORY: _describe_repository(name)}} if name in AT_NIGHT else {}
    return {
        "plugin": "funza.copias.workspace",
        "entity": "Alcaldía de Valle Claro",
        "state": "state",
        "people": "people.yml",
        "google": {"key_file": google.key, "endpoint": google.url},
        "help_desk": {
            "spreadsheet": google.spreadsheet,
            "requests_tab": "Solicitudes",
            "responses_tab": "Respuestas",
            "control_spreadsheet": google.control_spreadsheet,
            "control_tab": "Control",
        },
        "stores": {STORE: {"kind": "sftp", "path": f"/copias/{name}", "least_free": 0, **_reach_nas()}},
        **repositories,
        # One copy of a day is enough for a scenario; the floor of a real installation is higher.
        "retention": {"floors": {"least_copies": 1}},
        "mailboxes": _describe_mailboxes(),
        "deliveries": {"folder": "entregas", "settle_minutes": 0},
        "databases": dict(_describe_databases(name)),
        **({"policies": {"mensual": {"monthly_package": True, "databases": [SUBJECT]}}} if name == MONTHLY else {}),
        **({"providers": {PROVIDER: _describe_provider()}} if name == DELIVERED else {}),
    }


def _describe_provider() -> dict[str, t.Any]:
    return {
        "name": "Sistemas de Ejemplo S.A.S.",
        "contract": "100-2026",
        "ends": "2099-12-31",
        "obligations": {"hosting": True, "support": True, "copies": True, "recovery": True},
        "contact": {"name": "Camilo Ejemplo Soporte", "addresses": ["soporte@proveedor.example"]},
        "promised_hours": 16,
        "drop": {"kind": "sftp", "path": "/copias/entregas", "settle_minutes": 0, **_reach_nas()},
    }


def _reach_nas() -> dict[str, str]:
    return {
        "host": NAS,
        "user": ACCOUNT,
        "identity_file": str(KEYS / "copias"),
        "known_hosts": str(RUN / "known_hosts"),
    }


def _describe_repository(name: str) -> dict[str, str]:
    return {
        "kind": "sftp",
        "path": f"/copias/{name}-noche",
        "password_file": str(KEYS / "copias.password"),
        **_reach_nas(),
    }


def _describe_mailboxes() -> dict[str, t.Any]:
    return {
        "domains": ["alcaldia.example"],
        "administrator": "mesa.ayuda@alcaldia.example",
        "store": STORE,
        "owner_requests": True,
        "standing": {
            "authoriser": "Mariela Ejemplo Rincón",
            "post": "Secretaria General",
            "document": "Resolución 100-2026",
            "motive": "Custodia del correo institucional",
            "until": "2099-12-31",
            "accounts": MIRRORED,
        },
    }


def _describe_databases(name: str) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    common = {
        "host": DATABASE_SERVER,
        "user": ACCOUNT,
        "password_file": str(KEYS / "copias.password"),
        "department": "Secretaría de Hacienda",
        "record_series": "Estados financieros",
        "store": STORE,
        "authorisation": {
            "authoriser": "Mariela Ejemplo Rincón",
            "post": "Secretaria de Hacienda",
            "document": "Oficio 100-2026",
            "motive": "Copias de respaldo del sistema financiero",
        },
        **({"repository": REPOSITORY} if name in AT_NIGHT else {}),
        **({"provider": PROVIDER} if name == DELIVERED else {}),
    }
    yield SUBJECT, {"engine": "postgresql", "database": name, **common}
    if name in ALL_ENGINES:
        yield MARIADB, {"engine": "mariadb", "database": name, **common}
        yield FIREBIRD, {"engine": "firebird", "database": firebird_file(name), **common}


@dataclass(frozen=True)
class Databases:
    """The databases of a scenario, made by the administrators of their servers."""

    name: str

    def fill(self) -> None:
        """Make each that is not there."""
        self._fill_postgresql()
        if self.name in ALL_ENGINES:
            self._fill_mariadb()
            self._fill_firebird()

    def _fill_postgresql(self) -> None:
        with open_database("postgres") as session:
            if session.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self.name,)).fetchone():
                return
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
        with open_database(self.name) as session:
            session.execute((HERE / "sinfa.sql").read_bytes())

    def _fill_mariadb(self) -> None:
        password = administrator_password()
        session = pymysql.connect(host=DATABASE_SERVER, user="administrador", password=password, autocommit=True)
        with session, session.cursor() as cursor:
            if cursor.execute("SHOW DATABASES LIKE %s", (self.name,)):
                return
            cursor.execute(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4")
            cursor.execute(f"USE `{self.name}`")
            for statement in (HERE / "sinfa_mariadb.sql").read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    cursor.execute(statement)

    def _fill_firebird(self) -> None:
        address, password = f"{DATABASE_SERVER}:{firebird_file(self.name)}", administrator_password()
        statements = (HERE / "sinfa_firebird.sql").read_text(encoding="utf-8")
        create = f"CREATE DATABASE '{address}' USER 'SYSDBA' PASSWORD '{password}' DEFAULT CHARACTER SET UTF8;\n"
        # That there is one already is an error of the first statement, and of that alone.
        subprocess.run(
            ["isql-fb", "-quiet", "-charset", "UTF8"], input=create + statements, text=True, check=False, timeout=60
        )


def firebird_file(name: str) -> str:
    """Return the path of a Firebird database on its server."""
    return f"/var/lib/firebird/3.0/data/{name}.fdb"


def administrator_password() -> str:
    """Return the password of the administrators of all servers."""
    return (KEYS / "postgres.password").read_text(encoding="utf-8").strip()


def open_database(name: str) -> Connection[tuple[t.Any, ...]]:
    """Connect to the PostgreSQL server as its administrator."""
    return connect(
        host=DATABASE_SERVER, user="postgres", password=administrator_password(), dbname=name, autocommit=True
    )
