"""The SSH connection of an SFTP store: one transport, made when first needed and again when lost."""

from __future__ import annotations

import errno
import socket
import stat
import struct
import typing as t
from contextlib import contextmanager

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.sftp import SFTPError

from copias.errors import BadConfiguration, NotReady
from copias.store import faults
from copias.store.sftp_session import SftpSession

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.store.settings import StoreSettings

CONNECT_LIMIT = 15
"""Seconds for each step of connecting: a NAS that is off should not hold up a list of checks."""

KEEPALIVE = 15
"""Seconds of silence after which the server is asked whether it is there."""

_BROKEN = (paramiko.SSHException, SFTPError, EOFError, TimeoutError, ConnectionError, struct.error, UnicodeError)
"""What paramiko raises when a connection, or what came over it, is no good any more."""

_NO_ROOM = 1 << 20
"""Free bytes under which a write that failed without a reason failed for want of room."""


class Connection:
    """The connection of one store; every error comes out in the words of the error tree."""

    def __init__(self, store: str, settings: StoreSettings) -> None:
        self._store = store
        self._settings = settings
        self._client: paramiko.SSHClient | None = None
        self._session: SftpSession | None = None

    def session(self) -> SftpSession:
        """Return the channel for short questions, connecting when there is none."""
        if self._session is None or self._session.sock.closed:
            self._session = self.open_session()
        return self._session

    def open_session(self) -> SftpSession:
        """Open another channel, for one file; the caller closes it."""
        transport = self._transport()
        transport.channel_timeout = self._settings.time_limit
        session = SftpSession.from_transport(transport)
        if session is None:
            raise EOFError
        session.sock.settimeout(self._settings.time_limit)
        return session

    def close(self) -> None:
        """Let the connection go."""
        client, self._client, self._session = self._client, None, None
        if client is not None:
            client.close()

    @contextmanager
    def translate_errors(self, doing: str, *, writing: bool = False) -> Iterator[None]:
        """Turn what paramiko raises in the block into our errors, and drop a broken connection."""
        try:
            yield
        except (paramiko.BadHostKeyException, paramiko.AuthenticationException) as error:
            self.close()
            raise self._refused(error) from error
        except _BROKEN as error:
            self.close()
            raise faults.unavailable(self._store, f"no se pudo {doing}: {_reason(error)}") from error
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EACCES}:
                raise faults.from_os_error(error, store=self._store, doing=doing) from error
            raise self._failure(error, doing, writing=writing) from error

    def _failure(self, error: OSError, doing: str, *, writing: bool) -> Exception:
        """Find what the protocol's bare "Failure" means: a full disk has no code of its own."""
        free = self._free_space() if writing else None
        if free is not None and free < _NO_ROOM:
            return faults.full(self._store, f"quedan {free} bytes libres")
        hint = "; revise también la cuota de la cuenta" if writing else ""
        return faults.unavailable(self._store, f"no se pudo {doing}: {_reason(error)}{hint}")

    def _free_space(self) -> int | None:
        try:
            return self.session().find_free_space(self._settings.path.as_posix())
        except (OSError, *_BROKEN):
            self.close()
            return None

    def _transport(self) -> paramiko.Transport:
        transport = self._client.get_transport() if self._client is not None else None
        if transport is None or not transport.is_active():
            self.close()
            self._client = self._connect()
            transport = self._client.get_transport()
        if transport is None:
            raise EOFError
        return transport

    def _connect(self) -> paramiko.SSHClient:
        settings = self._settings
        limit = min(settings.time_limit, CONNECT_LIMIT)
        key = self._load_identity()
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_RefuseStrangers(self._store))
        try:
            self._load_known_hosts(client)
            client.connect(
                settings.host,
                settings.port,
                settings.user,
                pkey=key,
                allow_agent=False,
                look_for_keys=False,
                timeout=limit,
                banner_timeout=limit,
                auth_timeout=limit,
                channel_timeout=limit,
                transport_factory=_make_transport,
            )
            _tune(client, settings.time_limit)
        except BaseException:
            client.close()
            raise
        return client

    def _load_known_hosts(self, client: paramiko.SSHClient) -> None:
        known_hosts = self._settings.known_hosts
        if known_hosts is None:
            raise self._bad_key("falta known_hosts")
        try:
            client.load_host_keys(str(known_hosts))
        except (OSError, UnicodeError, paramiko.SSHException) as error:
            raise self._bad_key(f"no se pudo leer {known_hosts}: {_reason(error)}") from error

    def _load_identity(self) -> paramiko.PKey:
        identity = self._settings.identity_file
        if identity is None:
            raise self._bad_key("falta identity_file")
        try:
            mode = stat.S_IMODE(identity.stat().st_mode)
            if mode & 0o077:
                raise self._bad_key(f"{identity} la pueden leer otras cuentas; use chmod 600")
            return paramiko.PKey.from_path(identity)
        except OSError as error:
            raise self._bad_key(f"no se pudo leer {identity}: {error.strerror}") from error
        except (paramiko.SSHException, UnknownKeyType, ValueError, TypeError) as error:
            raise self._bad_key(f"{identity} no es una llave privada sin contraseña: {_reason(error)}") from error

    def _bad_key(self, why: str) -> BadConfiguration:
        return BadConfiguration(
            "la llave SSH del destino no se puede usar",
            whose=self._store,
            why=why,
            repair="corrija identity_file y known_hosts del destino en copias.yml",
        )

    def _refused(self, error: Exception) -> NotReady:
        if isinstance(error, paramiko.BadHostKeyException):
            return NotReady(
                "el servidor del destino no es el que se conocía",
                whose=self._store,
                why=f"{self._settings.host} presentó otra llave",
                repair="pregunte a quien administra la NAS si la cambió; solo entonces corrija known_hosts",
            )
        return NotReady(
            "el servidor del destino no acepta la cuenta",
            whose=self._store,
            why=f"{self._settings.user}@{self._settings.host}: {_reason(error)}",
            repair="instale la llave pública de copias en la cuenta del servidor",
        )


class _RefuseStrangers(paramiko.MissingHostKeyPolicy):
    """Connects to no server whose key is not known beforehand."""

    def __init__(self, store: str) -> None:
        self._store = store

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> t.NoReturn:  # noqa: ARG002
        raise NotReady(
            "no se conoce la llave del servidor del destino",
            whose=self._store,
            why=f"{hostname} presenta la llave {key.get_name()} {key.fingerprint}",
            repair="compárela con la que muestra la NAS y agréguela a known_hosts (ssh-keyscan)",
        )


class _Transport(paramiko.Transport):
    """AES-GCM first: one pass of the processor's AES unit, where CTR needs another for its MAC."""

    _preferred_ciphers = (
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
    )


def _make_transport(sock: t.Any, /, **options: t.Any) -> paramiko.Transport:
    return _Transport(sock, **options)


def _tune(client: paramiko.SSHClient, limit: float) -> None:
    """Keep the line alive, and send small packets at once: waiting for more made reading 30 times slower.

    The kernel gives the connection up when nothing that was sent arrives for ``limit`` seconds. paramiko alone would
    wait for ever once its buffers are full, as when a cable is pulled out: its own reader then waits for its writer.
    """
    transport = client.get_transport()
    if transport is not None:
        transport.set_keepalive(KEEPALIVE)
        if isinstance(transport.sock, socket.socket):
            transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(limit * 1000))


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
