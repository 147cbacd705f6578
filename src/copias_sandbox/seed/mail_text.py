"""Text and binary matter for messages, made once and cut to size: making a message must cost microseconds."""

from __future__ import annotations

import base64
import functools
import quopri
import random
import typing as t

from copias_sandbox.seed.words import DEPARTMENTS, SITES

SENTENCES: t.Final = (
    "Buenos días, adjunto lo solicitado para su revisión y firma.",
    "Por favor confirmar el recibo de este correo antes del viernes.",
    "La reunión del comité se aplaza para el próximo miércoles a las 9:00 a. m.",
    "Según lo conversado, el contrato n.º 214 se prorroga por tres meses más.",
    "Agradezco diligenciar el formato y enviarlo en PDF, no en Word.",
    "El señor que trae el tóner pregunta por la orden de compra.",
    "Se informa que mañana no habrá servicio de energía en la sede.",
    "¿Será posible ampliar el plazo? Todavía faltan dos anexos.",
    "Quedo atenta a cualquier inquietud. Cordial saludo.",
    "Les recuerdo que la información es reservada y no debe reenviarse.",
    "El archivo que pide está en la carpeta compartida, en «Contratación».",
    "Favor verificar la cédula y el número de cuenta del beneficiario.",
    "Este mensaje se generó de manera automática; no lo responda.",
    "La Oficina de las TIC hará mantenimiento el sábado desde las 7:00.",
)
SUBJECTS: t.Final = (
    "Solicitud de certificado laboral",
    "Acta de la reunión del comité",
    "Prórroga del contrato de prestación de servicios",
    "Remisión de documentos de nómina",
    "RV: Cronograma de visitas técnicas",
    "Invitación: capacitación en gestión documental",
    "Respuesta al derecho de petición",
    "Informe mensual de ejecución presupuestal",
    "Orden de compra de papelería",
    "Novedades de vacaciones",
    "Citación a audiencia pública",
    "Pago de servicios públicos de la sede",
)
POOL_LINES: t.Final = 4000
BINARY_LINES: t.Final = 20_000
BINARY_LINE: t.Final = 78
"""Bytes of a line of base64 with its line end; 57 bytes of content."""


@functools.cache
def text_lines() -> tuple[str, ...]:
    """Return lines of Spanish text, some empty."""
    source = random.Random("texto")
    places = (*DEPARTMENTS, *SITES)
    return tuple(_line(source, places) for _ in range(POOL_LINES))


def _line(source: random.Random, places: tuple[str, ...]) -> str:
    draw = source.random()
    if draw < 0.15:
        return ""
    sentence = source.choice(SENTENCES)
    return f"{source.choice(places)}: {sentence}" if draw < 0.3 else f"{sentence} {source.randrange(10**6)}"


@functools.cache
def pool(encoding: str) -> tuple[bytes, ...]:
    """Return the text's lines in an encoding: ``utf-8``, ``latin-1``, ``ascii``, ``quoted-printable`` or ``html``."""
    lines = text_lines()
    if encoding == "ascii":
        return tuple(line.encode("ascii", "replace") for line in lines)
    if encoding == "quoted-printable":
        return tuple(quopri.encodestring(line.encode()).replace(b"\n", b"\r\n") for line in lines)
    if encoding == "html":
        return tuple(quopri.encodestring(f"<p>{line}</p>".encode()).replace(b"\n", b"\r\n") for line in lines)
    return tuple(line.encode(encoding, "replace") for line in lines)


@functools.cache
def _mean_length(encoding: str) -> float:
    lines = pool(encoding)
    return 2 + sum(map(len, lines)) / len(lines)


def text(source: random.Random, size: int, encoding: str = "utf-8") -> bytes:
    """Return about ``size`` bytes of text, lines ended by CRLF."""
    lines = pool(encoding)
    count = max(1, round(size / _mean_length(encoding)))
    start = source.randrange(len(lines))
    if count <= len(lines) - start:
        return b"\r\n".join(lines[start : start + count]) + b"\r\n"
    whole, rest = divmod(count, len(lines))
    return b"\r\n".join((*lines * whole, *lines[:rest])) + b"\r\n"


@functools.cache
def _binary() -> bytes:
    raw = random.Random("adjunto").randbytes(57 * BINARY_LINES)
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def binary(source: random.Random, size: int) -> bytes:
    """Return about ``size`` bytes of base64 lines, which decode to random bytes."""
    lines = max(1, size // BINARY_LINE)
    start = source.randrange(BINARY_LINES) * BINARY_LINE
    matter = _binary()
    if lines * BINARY_LINE <= len(matter) - start:
        return matter[start : start + lines * BINARY_LINE]
    return (matter * (1 + lines // BINARY_LINES))[: lines * BINARY_LINE]
