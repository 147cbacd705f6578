"""The words of the sheets, in Spanish: defaults of the settings, each replaceable by a deployment."""

from __future__ import annotations

import typing as t

ALIASES: t.Final[dict[str, tuple[str, ...]]] = {
    # requests
    "number": ("Caso", "Número de caso", "No. de caso", "Nro. de caso", "No. caso", "N° caso", "Consecutivo"),
    "requested_at": ("Marca temporal", "Fecha de solicitud", "Fecha de registro", "Fecha y hora de solicitud"),
    "requester_name": (
        "Nombre del solicitante",
        "Solicitante",
        "Nombre completo",
        "Nombres y apellidos",
        "Usuario",
        "Nombre del usuario",
    ),
    "requester_email": (
        "Dirección de correo electrónico",
        "Correo electrónico",
        "Correo institucional",
        "Correo del solicitante",
        "Correo",
    ),
    "department": ("Dependencia", "Secretaría", "Secretaría o dependencia", "Área"),
    "site": ("Sede", "Edificio", "Ubicación"),
    "service": ("Tipo de servicio", "Servicio", "Servicio solicitado", "Tipo de solicitud", "Categoría"),
    "description": (
        "Descripción",
        "Descripción de la solicitud",
        "Descripción del servicio",
        "Descripción del requerimiento",
        "Detalle de la solicitud",
    ),
    "status": ("Estado", "Estado del caso", "Estado de la solicitud"),
    "agent": ("Agente", "Agente asignado", "Nombre del agente", "Responsable"),
    # responses
    "responded_at": ("Marca temporal", "Fecha de respuesta", "Fecha de atención"),
    "done": (
        "Actividades realizadas",
        "Descripción de la atención",
        "Qué se hizo",
        "Solución",
        "Descripción de la solución",
        "Respuesta",
    ),
    "evidence": ("Evidencia", "Evidencias", "Soporte", "Enlace de evidencia"),
    "event_key": ("Clave de evento", "Clave del evento", "Clave copias", "Clave"),
    # control sheet
    "made_at": ("Fecha", "Fecha de la copia", "Fecha copia"),
    "copy_kind": ("Tipo de copia", "Tipo", "Clase de copia"),
    "subject": ("Sistema o cuenta", "Sistema", "Cuenta", "Objeto de la copia"),
    "place": ("Ubicación de la copia", "Ubicación", "Almacenamiento", "Destino"),
    "package": ("Paquete", "Archivo", "Nombre del archivo"),
    "size": ("Tamaño (bytes)", "Tamaño", "Bytes"),
    "sha256": ("SHA-256", "Suma de verificación", "Huella"),
    "proof": ("Prueba", "Nivel de prueba", "Verificación"),
    "record_series": ("Serie documental", "Serie", "TRD"),
    "requested_by": ("Solicitante", "Nombre del solicitante"),
    "ledger_count": ("Bitácora (evento)", "Bitácora (eventos)", "Eventos de la bitácora"),
    "ledger_hash": ("Bitácora (hash)", "Bitácora (huella)", "Huella de la bitácora"),
    "notes": ("Observaciones", "Observación"),
    # a row each night
    "night_at": ("Fecha", "Fecha de la noche", "Fecha y hora"),
    "night_result": ("Resultado", "Resultado de la noche"),
    "night_good": ("Bien", "Buenas"),
    "night_failed": ("Fallas", "Fallidas"),
    "night_postponed": ("Aplazadas", "Pospuestas"),
}

REQUEST_FIELDS: t.Final = (
    "number",
    "requested_at",
    "requester_name",
    "requester_email",
    "department",
    "site",
    "service",
    "description",
    "status",
    "agent",
)
RESPONSE_FIELDS: t.Final = ("number", "responded_at", "status", "agent", "done", "evidence", "event_key")
CONTROL_FIELDS: t.Final = (
    "made_at",
    "department",
    "number",
    "requested_by",
    "copy_kind",
    "subject",
    "agent",
    "place",
    "package",
    "size",
    "sha256",
    "proof",
    "record_series",
    "ledger_count",
    "ledger_hash",
    "notes",
    "event_key",
)
HEARTBEAT_FIELDS: t.Final = (
    "night_at",
    "night_result",
    "night_good",
    "night_failed",
    "night_postponed",
    "ledger_count",
    "ledger_hash",
    "event_key",
)
OPTIONAL: t.Final = frozenset(
    {"requester_email", "site", "agent", "responded_at", "event_key"}
    | {
        "requested_by",
        "size",
        "proof",
        "record_series",
        "ledger_count",
        "ledger_hash",
        "notes",
        "place",
        "subject",
        "copy_kind",
    }
    | {"night_good", "night_failed", "night_postponed"}
)

STATUS_WORDS: t.Final = {
    "Registrado": "registered",
    "Pendiente": "registered",
    "Abierto": "registered",
    "Asignado": "assigned",
    "En proceso": "in_progress",
    "En trámite": "in_progress",
    "En espera": "on_hold",
    "Reasignado": "reassigned",
    "Solucionado": "resolved",
    "Resuelto": "resolved",
    "Atendido": "resolved",
    "Cerrado": "closed",
    "Finalizado": "closed",
    "Cancelado": "cancelled",
    "Anulado": "cancelled",
    "No procede": "cancelled",
}

CASE_WORDS: t.Final = (
    "copia de seguridad",
    "copias de seguridad",
    "copia de respaldo",
    "copias de respaldo",
    "respaldo",
    "respaldos",
    "backup",
    "backups",
    "back up",
    "recuperación de información",
    "recuperación de archivos",
    "recuperación de correo",
    "recuperación de correos",
    "restauración de información",
    "restauración de copia",
)

KIND_WORDS: t.Final[dict[str, tuple[str, ...]]] = {
    "mailbox": (
        "correo",
        "correos",
        "correo electrónico",
        "correos electrónicos",
        "cuenta de correo",
        "cuentas de correo",
        "buzón",
        "buzones",
        "gmail",
        "email",
        "e-mail",
    ),
    "drive": ("google drive", "unidad de google drive", "drive de google", "mi unidad", "my drive"),
    "sinfa": ("sinfa", "base de datos", "bases de datos", "sistema de gestión", "sistema informativo de gestión"),
    "manual": (
        "takeout",
        "disco externo",
        "disco duro externo",
        "usb",
        "memoria usb",
        "computador",
        "portátil",
        "equipo de cómputo",
    ),
    "recovery": (
        "recuperación",
        "recuperar",
        "recupere",
        "restauración",
        "restaurar",
        "restaure",
        "devolver",
        "devuelva",
        "devuélvame",
    ),
}
DOUBTFUL_WORDS: t.Final = (
    "drive",
    "unidad",
    "unidades",
    "unidad compartida",
    "disco",
    "disco duro",
    "nube",
    "onedrive",
)
"""Words that may mean several kinds: «drive» is also a USB disk, by the procedure's own definitions."""
MODE_WORDS: t.Final[dict[str, tuple[str, ...]]] = {
    "remote": ("remota", "remoto", "remotamente", "proveedor", "hosting"),
    "on_site": ("en sitio", "presencial"),
}
