"""A whole installation in one folder: help desk, finance database, NAS, people, key; for the demo and the tests."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml

from copias.files import make_private_directory, write_atomically
from copias.google.settings import GoogleSettings
from copias.package import generate_key
from copias.people import read_identity
from copias.store import Store, StoreSettings, open_store
from copias_sandbox import control, sinfa
from copias_sandbox.home import Running

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "inventories" / "sandbox" / "copias.yml"
STORE, DRIVE_STORE = "nas_principal", "drive_copias"
DRIVE_FOLDER = "Copias de seguridad"
NIGHTS_KEY_FILE = "nas-noches.password"


@dataclass(frozen=True)
class World:
    """A running installation. ``environment`` is what the product needs to find it."""

    home: Path
    environment: dict[str, str]

    @property
    def state(self) -> Path:
        """Return the product's state folder."""
        return self.home / "state"

    @property
    def nas(self) -> Path:
        """Return the folder that plays the NAS."""
        return self.home / "nas"

    @property
    def sinfa(self) -> sinfa.Sinfa:
        """Return the database server.

        Raises:
            LookupError: it does not run.
        """
        found = sinfa.running(self.home / "sinfa")
        if found is None:
            raise LookupError(f"no database server in {self.home}")
        return found


def start(
    home: Path, *, cases: int = 300, megabytes: int = 20, role: str = "administrator", strict: bool = False
) -> World:
    """Start everything in ``home`` and return it; what runs already is kept.

    Args:
        home: its folder; when we are root, every folder above must let other accounts pass (the database server's).
        cases: rows of the help desk's sheet.
        megabytes: approximate size of the finance database.
        role: what the account that starts it may do in the product.
        strict: let the sandbox check its own answers.
    """
    home = home.absolute()
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    google = control.start(home / "google", cases=cases, strict=strict)
    database = sinfa.start(home / "sinfa", megabytes=megabytes)
    environment = {
        "COPIAS_CONFIG": str(CONFIG),
        "COPIAS_STATE": str(home / "state"),
        "COPIAS_NAS": str(home / "nas"),
        "COPIAS_REPOSITORY": str(home / "nas-noches"),
        "COPIAS_REPOSITORY_PASSWORD_FILE": str(home / NIGHTS_KEY_FILE),
        "COPIAS_DELIVERIES": str(home / "entregas"),
        "COPIAS_PROVIDER_DROP": str(home / "entregas-proveedor"),
        **_google_environment(home, google),
        **_sinfa_environment(database),
    }
    world = World(home, environment)
    _furnish(world, role)
    return world


def _google_environment(home: Path, google: Running) -> dict[str, str]:
    return {
        control.ENVIRONMENT: str(home / "google"),
        "COPIAS_SANDBOX_URL": google.url,
        "COPIAS_GOOGLE_KEY": google.key,
        "COPIAS_OAUTH_CLIENT": google.oauth_client,
        "COPIAS_SPREADSHEET": google.spreadsheet,
        "COPIAS_CONTROL_SPREADSHEET": google.control_spreadsheet,
        "COPIAS_SHARED_DRIVE": google.shared_drive,
    }


def _sinfa_environment(database: sinfa.Sinfa) -> dict[str, str]:
    return {
        "COPIAS_SINFA_PORT": str(database.reader.port),
        "COPIAS_SINFA_USER": database.reader.user,
        "COPIAS_SINFA_PASSWORD_FILE": str(database.reader.password_file),
    }


def stop(home: Path) -> None:
    """Stop everything; the data stays."""
    home = home.absolute()
    control.stop(home / "google")
    sinfa.stop(home / "sinfa")


def set_role(world: World, role: str) -> None:
    """Make the account that runs this the person of the demo, with that role."""
    person = {"name": "Ana Lucía Prueba", "email": "ana.prueba@valleclaro.example", "role": role}
    people = {"people": {read_identity().account: person}}
    write_atomically(world.state / "people.yml", yaml.safe_dump(people, allow_unicode=True).encode())


def environment_of(world: World) -> dict[str, str]:
    """Return this process's environment with the world's variables in it, for a child process."""
    return {**os.environ, **world.environment}


def _furnish(world: World, role: str) -> None:
    """Do what an administrator does once: people, key, password, the stores' marks, the folder for deliveries."""
    make_private_directory(world.state)
    for folder in ("entregas", "entregas-proveedor"):
        make_private_directory(world.home / folder)
    set_role(world, role)
    key = world.state / "keys" / "signing.pem"
    if not key.exists():
        make_private_directory(key.parent)
        generate_key(key)
    password = world.home / NIGHTS_KEY_FILE
    if not password.exists():
        write_atomically(password, f"{secrets.token_urlsafe(18)}\n".encode())
    settings = StoreSettings(kind="folder", path=world.nas)
    open_store(settings, name=STORE).prepare()
    open_drive(world).prepare()


def open_drive(world: World, *, folder: str = DRIVE_FOLDER) -> Store:
    """Return the shared drive as a store; ``folder`` is the one at its top."""
    environment = world.environment
    key = Path(environment["COPIAS_GOOGLE_KEY"])
    google = GoogleSettings(key_file=key, endpoint=environment["COPIAS_SANDBOX_URL"])
    settings = StoreSettings(kind="shared_drive", drive=environment["COPIAS_SHARED_DRIVE"], folder=folder)
    return open_store(settings, name=DRIVE_STORE, google=google, state=world.state)


__all__ = ["CONFIG", "DRIVE_STORE", "STORE", "World", "environment_of", "open_drive", "set_role", "start", "stop"]
