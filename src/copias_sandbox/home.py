"""A sandbox's folder: where each file is, and what ``sandbox.json`` says."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from copias.files import write_atomically


@dataclass(frozen=True)
class Running:
    """What a running sandbox writes about itself.

    ``pid`` and ``started`` (seconds since 1970, as the kernel says) together name one process for ever.
    """

    pid: int
    started: float
    http: int
    tls: int
    proxy: int
    admin: int
    spreadsheet: str
    control_spreadsheet: str
    key: str
    ca: str
    oauth_client: str = ""
    shared_drive: str = ""
    nas: int = 0
    """Port of the emulated QNAP; 0 when it was started without one."""

    @property
    def url(self) -> str:
        """Return the address for clients whose ``rootUrl`` can be changed."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def admin_url(self) -> str:
        """Return the address of the admin port."""
        return f"http://127.0.0.1:{self.admin}"


@dataclass(frozen=True)
class Home:
    """The files of one sandbox."""

    path: Path

    @property
    def running_file(self) -> Path:
        """Return where a running sandbox describes itself."""
        return self.path / "sandbox.json"

    @property
    def state_file(self) -> Path:
        """Return the SQLite file."""
        return self.path / "state.sqlite"

    @property
    def key_file(self) -> Path:
        """Return the service account's key."""
        return self.path / "google" / "service-account.json"

    @property
    def oauth_client_file(self) -> Path:
        """Return the OAuth client's JSON, for users who give their own consent."""
        return self.path / "google" / "oauth-client.json"

    @property
    def ca_file(self) -> Path:
        """Return the certificate of the authority that clients must trust."""
        return self.path / "ca.pem"

    @property
    def log_file(self) -> Path:
        """Return where the process writes what goes wrong."""
        return self.path / "sandbox.log"

    @property
    def nas_shares(self) -> Path:
        """Return the folder with one folder for each share of the emulated QNAP."""
        return self.path / "nas" / "shares"

    @property
    def nas_password_file(self) -> Path:
        """Return the file with the password of its account."""
        return self.path / "nas" / "password"

    def read(self) -> Running | None:
        """Return what the last sandbox wrote; it may be gone since."""
        try:
            raw = t.cast("dict[str, t.Any]", orjson.loads(self.running_file.read_bytes()))
            return Running(**raw)
        except (FileNotFoundError, orjson.JSONDecodeError, TypeError):
            return None

    def write(self, running: Running) -> None:
        """Describe a running sandbox."""
        write_atomically(self.running_file, orjson.dumps(asdict(running), option=orjson.OPT_INDENT_2))
