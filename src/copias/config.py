"""The deployment: one file, ``inventories/<name>/copias.yml``, that Ansible's inventory plugin reads too.

``${NAME}`` and ``${NAME:-default}`` in a text are taken from the environment; relative paths start at
the file's folder.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import yaml
from pydantic import BeforeValidator, Field, PrivateAttr, StringConstraints, ValidationError, model_validator

from copias.case.notice_settings import NoticeSettings
from copias.database.scratch_settings import ScratchSettings
from copias.errors import BadConfiguration
from copias.file_faults import say_faults, say_unreadable
from copias.google.settings import GoogleSettings
from copias.helpdesk.settings import HelpDeskSettings
from copias.inventory_options import InventoryOptions
from copias.local_path import LocalPath
from copias.mailbox.settings import MailboxSettings
from copias.nearest import suggest
from copias.night.mirrors_view import HOST as MIRRORS
from copias.night.settings import NightSettings
from copias.policies import Policies, Policy, PolicyName
from copias.procedure import Procedure
from copias.provider.providers_file import read_providers
from copias.provider.settings import ProviderName, ProviderSettings
from copias.repository.settings import RepositorySettings
from copias.retention.settings import RetentionSettings, Schedule
from copias.run.poll_settings import PollSettings
from copias.sinfa.settings import DatabaseSettings
from copias.store.settings import StoreSettings
from copias.takeout.settings import DeliverySettings
from copias.variables import expand

ENVIRONMENT = "COPIAS_CONFIG"
DEFAULT = Path("/etc/copias/copias.yml")


HostName: t.TypeAlias = t.Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""Name of an Ansible host, and part of file names."""
_TAKEN: t.Final = frozenset({"all", "ungrouped", "control"}) | {
    *("mirrors", "directory", "disposal", "monthly", "retention", "outbox")
}
"""Names that Ansible, this machine or a step of the night has: what came of one would be told of the other."""


class Deployment(InventoryOptions):
    """Everything that one town hall's installation is told."""

    plugin: t.Literal["funza.copias.workspace"]
    entity: str
    state: LocalPath
    people: LocalPath
    google: GoogleSettings
    help_desk: HelpDeskSettings
    stores: dict[HostName, StoreSettings]
    repositories: dict[HostName, RepositorySettings] = Field(default_factory=dict)
    databases: dict[HostName, DatabaseSettings] = Field(default_factory=dict)
    providers: t.Annotated[dict[ProviderName, ProviderSettings], BeforeValidator(read_providers)] = Field(
        default_factory=dict
    )
    mailboxes: MailboxSettings | None = None
    deliveries: DeliverySettings | None = None
    notices: NoticeSettings | None = None
    retention: RetentionSettings = RetentionSettings()
    night: NightSettings = NightSettings()
    poll: PollSettings = PollSettings()
    scratch_servers: ScratchSettings = ScratchSettings()
    policies: dict[PolicyName, Policy] = Field(default_factory=dict)
    procedure: Procedure = Procedure()
    departments: tuple[str, ...] = ()
    _file: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_names(self) -> t.Self:
        for part, names in (("databases", self.databases), ("stores", self.stores)):
            if taken := sorted(_TAKEN & names.keys()):
                raise ValueError(f"{part}.{taken[0]}: ese nombre ya lo usa la noche o Ansible; póngale otro")
        if both := sorted(self.databases.keys() & self.stores.keys()):
            raise ValueError(f"databases.{both[0]}: también hay un destino (stores) con ese nombre; cambie uno")
        return self

    @model_validator(mode="after")
    def _check_databases(self) -> t.Self:
        for name, database in self.databases.items():
            for key, named, known, where in (
                ("provider", database.provider, self.providers, "providers"),
                ("store", database.store, self.stores, "stores"),
                ("repository", database.repository, self.repositories, "repositories"),
            ):
                if named is not None and named not in known:
                    raise ValueError(f"databases.{name}.{key}: «{named}» no está en {where}")
        return self

    @model_validator(mode="after")
    def _check_policies(self) -> t.Self:
        for name, policy in self.policies.items():
            strange = sorted(set(policy.databases) - self.databases.keys())
            if strange:
                raise ValueError(f"policies.{name}.databases: {', '.join(strange)} no está en databases")
        mirrors = self.night.mirrors_repository
        if mirrors is not None and mirrors not in self.repositories:
            raise ValueError(f"night.mirrors_repository: «{mirrors}» no está en repositories")
        return self

    @property
    def file(self) -> Path | None:
        """Return the file that it was read from; nothing of one that was made otherwise."""
        return self._file

    @property
    def known_policies(self) -> Policies:
        """Return the policies, to ask for that of a thing."""
        return Policies(self.policies)

    @property
    def night_schedules(self) -> dict[str, Schedule]:
        """Return how many nightly copies stay of the databases for which ``retention.nights`` does not count."""
        mirrors = {MIRRORS: self.retention.mirrors} if self.night.mirrors_repository else {}
        return {**self.known_policies.schedules(self.databases), **mirrors}

    @property
    def ledger(self) -> Path:
        """Return the ledger's file."""
        return self.state / "ledger.jsonl"

    @property
    def signing_key(self) -> Path:
        """Return the file of the key that signs manifests."""
        return self.state / "keys" / "signing.pem"

    @property
    def runs(self) -> Path:
        """Return the folder with one folder a run."""
        return self.state / "runs"

    @property
    def reports(self) -> Path:
        """Return the folder with one report a night."""
        return self.state / "reports"

    @property
    def copies(self) -> Path:
        """Return the folder with the records of each copy."""
        return self.state / "copies"

    def database(self, name: str) -> DatabaseSettings:
        """Return a database by its exact name in the file.

        Raises:
            BadConfiguration: there is none.
        """
        try:
            return self.databases[name]
        except KeyError:
            raise BadConfiguration(
                "la base de datos no está en el inventario",
                whose=name,
                why=f"hay: {', '.join(sorted(self.databases)) or 'ninguna'}",
                repair=suggest(name, self.databases, "corrija el caso con `copias classify`, o agréguela a copias.yml"),
            ) from None

    def provider_of(self, database: str) -> ProviderSettings:
        """Return who delivers copies of a database.

        Raises:
            BadConfiguration: nobody does, or there is no such database.
        """
        name = self.database(database).provider
        if name is None:
            raise BadConfiguration(
                "la base de datos no tiene proveedor en el inventario",
                whose=database,
                repair="agregue provider a la base de datos en copias.yml, o clasifique el caso como en sitio",
            )
        return self.providers[name]

    def repository(self, name: str) -> RepositorySettings:
        """Return a repository by its logical name.

        Raises:
            BadConfiguration: there is none.
        """
        try:
            return self.repositories[name]
        except KeyError:
            raise BadConfiguration(
                "el repositorio no está en el inventario",
                whose=name,
                why=f"hay: {', '.join(sorted(self.repositories)) or 'ninguno'}",
                repair=suggest(name, self.repositories, "agréguelo a repositories en copias.yml"),
            ) from None

    def store(self, name: str) -> StoreSettings:
        """Return a store by its logical name.

        Raises:
            BadConfiguration: there is none.
        """
        try:
            return self.stores[name]
        except KeyError:
            raise BadConfiguration(
                "el destino no está en el inventario",
                whose=name,
                why=f"hay: {', '.join(sorted(self.stores)) or 'ninguno'}",
                repair=suggest(name, self.stores, "agréguelo a stores en copias.yml"),
            ) from None


def find_deployment() -> Path:
    """Return the file named by ``COPIAS_CONFIG``, or the installed one."""
    return Path(os.environ.get(ENVIRONMENT) or DEFAULT)


def load_deployment(path: Path) -> Deployment:
    """Read the deployment's file.

    Raises:
        BadConfiguration: it is missing, malformed, or names a variable that is not set.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        expanded = expand(content)
        deployment = Deployment.model_validate(expanded, context={"folder": path.resolve().parent})
        deployment._file = path.resolve()  # noqa: SLF001  # our own, of this module
        return deployment
    except ValidationError as error:
        raise _bad(path, say_faults(error, Deployment.model_fields)) from error
    except KeyError as error:
        why = f"la variable {error.args[0]} no está definida"
        raise _bad(path, why, "en el entorno de prueba están en env.sh: scripts/demo --keep") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise _bad(path, say_unreadable(error)) from error


def _bad(path: Path, why: str, repair: str = "corríjalo; docs/configuration.md explica cada clave") -> BadConfiguration:
    return BadConfiguration("no se pudo leer la configuración", whose=str(path), why=why, repair=repair)
