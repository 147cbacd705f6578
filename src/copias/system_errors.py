"""What the operating system says when a call of it fails, in Spanish."""

from __future__ import annotations

import errno
import os
import re
import typing as t

_WORDS: t.Final = {
    errno.ENOENT: "no existe",
    errno.EACCES: "esta cuenta no tiene permiso",
    errno.EPERM: "el sistema no lo permite a esta cuenta",
    errno.EISDIR: "es una carpeta, y se esperaba un archivo",
    errno.ENOTDIR: "una parte de la ruta no es una carpeta",
    errno.EEXIST: "ya existe",
    errno.ENOTEMPTY: "la carpeta no está vacía",
    errno.ENOSPC: "no queda espacio en el disco",
    errno.EDQUOT: "se llegó a la cuota de disco",
    errno.EROFS: "el disco está montado solo para leer",
    errno.EIO: "el disco o la NAS no lo deja leer o escribir",
    errno.ESTALE: "la NAS cambió desde que se montó; hay que montarla otra vez",
    errno.ENODEV: "no hay ese dispositivo",
    errno.EBUSY: "otro programa lo está usando",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.ELOOP: "hay enlaces que dan vueltas",
    errno.ECONNREFUSED: "nadie responde en ese puerto",
    errno.ECONNRESET: "el otro lado cortó la conexión",
    errno.ETIMEDOUT: "se agotó el tiempo de espera",
    errno.EHOSTUNREACH: "no hay camino hasta esa máquina",
    errno.ENETUNREACH: "no hay red hasta esa máquina",
    errno.EHOSTDOWN: "esa máquina está apagada",
}
_SPANISH: t.Final = {os.strerror(code): words for code, words in _WORDS.items()}
_SAID: t.Final = re.compile(r"(?:\[Errno \d+\] )?(" + "|".join(map(re.escape, _SPANISH)) + r")(?=$|[:;,.)\n])")


def in_spanish(text: str) -> str:
    """Return a text in which what the system said of a failed call is in Spanish; the rest is as it was."""
    return _SAID.sub(lambda found: _SPANISH[found[1]], text)
