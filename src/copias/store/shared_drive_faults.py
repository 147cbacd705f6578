"""Google's refusals, said in the words of a place that keeps copies."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from dataclasses import dataclass

from copias.errors import Altered, CopyFailed, NotReady, StoreFull, StoreUnavailable
from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleRefused, GoogleUnavailable
from copias.store.contract import UploadLost

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.errors import BackupError

_NO_MORE_ITEMS: t.Final = frozenset({"teamDriveFileLimitExceeded", "numChildrenInNonRootLimitExceeded"})
_NO_MORE_BYTES: t.Final = frozenset({"storageQuotaExceeded", "quotaExceeded", "teamDriveStorageQuotaExceeded"})
_NO_RIGHT: t.Final = frozenset(
    {
        "insufficientFilePermissions",
        "insufficientParentPermissions",
        "insufficientPermissions",
        "teamDriveMembershipRequired",
        "forbidden",
        "cannotAddParent",
        "fileNotWritable",
    }
)
_ABUSIVE: t.Final = frozenset({"cannotDownloadAbusiveFile", "abuse"})
_NO_DOWNLOAD: t.Final = frozenset({"cannotDownloadFile", "downloadRestricted", "fileNotDownloadable"})


@dataclass(frozen=True)
class DriveFaults:
    """Makes the errors of one shared drive.

    Args:
        store: the logical name.
        drive: the drive's id.
        account: the service account's address, which must be a member of the drive.
    """

    store: str
    drive: str
    account: str

    @contextmanager
    def translated(self, doing: str) -> Iterator[None]:
        """Turn what Google's client raises in the block into errors that say what was being done, and where."""
        try:
            yield
        except GoogleUnavailable as error:
            raise self.unavailable(f"no se pudo {doing}: {error.why}") from error
        except GoogleRefused as error:
            raise self._refused(error, doing) from error
        except GoogleMissing as error:
            raise self.not_a_member(doing, error.why) from error
        except GoogleBadRequest as error:
            raise CopyFailed(
                f"no se pudo {doing}",
                whose=self.store,
                why=error.why,
                repair="Google no acepta la petición; repita el caso y, si sigue igual, informe el texto de este error",
            ) from error

    def unavailable(self, why: str) -> StoreUnavailable:
        """Return the error of a Google that does not answer."""
        return StoreUnavailable(
            "la unidad compartida no responde",
            whose=self.store,
            why=why,
            repair="revise la red y el estado de Google Workspace; al correr el caso otra vez la copia sigue",
        )

    def lost(self, name: str) -> UploadLost:
        """Return the error of an upload that Google forgot."""
        return UploadLost(
            f"Google ya no tiene lo que se había enviado de {name}",
            whose=self.store,
            why="la carga se abandonó más de una semana, o Google la descartó",
            repair="vuelva a correr el caso: se envía desde el principio",
        )

    def not_a_member(self, doing: str, why: str) -> NotReady:
        """Return the error of a drive that is gone, or is not shared with this account; Google tells no difference."""
        return NotReady(
            f"no se pudo {doing}: la unidad compartida no existe o no está compartida con las copias",
            whose=self.store,
            why=why,
            repair=f"{self._share()}; si la unidad se borró, un administrador de Google la restaura (hasta 25 días)",
        )

    def no_right(self, doing: str, why: str) -> NotReady:
        """Return the error of a member with too small a role."""
        return NotReady(
            f"la cuenta de las copias no puede {doing} en la unidad compartida",
            whose=self.store,
            why=why,
            repair=self._share(),
        )

    def gone(self, doing: str, why: str) -> Altered:
        """Return the error of a file that is not what it was a moment ago."""
        return Altered(
            f"no se pudo {doing}",
            whose=self.store,
            why=why,
            repair="revise la papelera y la actividad de la unidad compartida, y repita la copia",
        )

    def different(self, name: str, *, expected: str, found: str) -> Altered:
        """Return the error of a file that Google received otherwise than it was sent."""
        return Altered(
            "lo que Google guardó no es lo que se envió",
            whose=f"{self.store}: {name}",
            why=f"se esperaba {expected}, hay {found}",
            repair="lo recibido fue a la papelera; repita la copia, que se envía desde el principio",
        )

    def taken_over(self, name: str) -> CopyFailed:
        """Return the error of an upload that another run began again."""
        return CopyFailed(
            f"otro proceso empezó de nuevo la carga de {name}",
            whose=self.store,
            why="el archivo parcial ya no es el que se estaba escribiendo",
            repair="deje terminar la otra corrida y revise por qué hubo dos",
        )

    def _refused(self, error: GoogleRefused, doing: str) -> BackupError:
        if error.reason in _NO_MORE_ITEMS:
            return self._full(
                error,
                "la unidad compartida llegó a su límite de elementos (500.000 con carpetas y papelera)",
                "vacíe su papelera o mueva elementos a otra unidad, o abra otra unidad compartida",
            )
        if error.reason in _NO_MORE_BYTES:
            return self._full(
                error,
                "no queda almacenamiento en la unidad compartida",
                "libere espacio o amplíe el almacenamiento de la organización en la consola de administración de "
                "Google (Almacenamiento)",
            )
        if error.reason in _ABUSIVE:
            return self._not_given(error, doing, "Google marcó el archivo como peligroso y no lo entrega")
        if error.reason in _NO_DOWNLOAD:
            return self._not_given(error, doing, "la unidad compartida no permite descargar a esta cuenta")
        if error.reason in _NO_RIGHT:
            return self.no_right(doing, error.why)
        return error

    def _full(self, error: GoogleRefused, what: str, repair: str) -> StoreFull:
        return StoreFull(what, whose=self.store, why=error.why, repair=f"{repair}, y vuelva a correr el caso")

    def _not_given(self, error: GoogleRefused, doing: str, why: str) -> NotReady:
        return NotReady(
            f"no se pudo {doing}: {why}",
            whose=self.store,
            why=error.why,
            repair="un administrador de la unidad compartida revisa el archivo y las restricciones de descarga en "
            f"Drive, y que {self.account} siga como «Administrador de contenido»",
        )

    def _share(self) -> str:
        return (
            f"comparta la unidad {self.drive} con {self.account} como «Administrador de contenido» "
            "(Drive > Unidades compartidas > la unidad > Administrar miembros) y revise el id en copias.yml"
        )
