"""The words from which demo cases are made; every person, place and address is invented."""

from __future__ import annotations

import typing as t

DOMAIN: t.Final = "alcaldia.example"
HELP_DESK: t.Final = f"mesa.ayuda@{DOMAIN}"
DEMO_AGENT: t.Final = "Ana Lucía Prueba"
AGENTS: t.Final = (DEMO_AGENT, "Carlos Andrés Muestra", "Yolanda Ensayo Ríos", "Óscar Iván Modelo")

GIVEN: t.Final = (
    "Adriana", "Alba", "Álvaro", "Andrés", "Ángela", "Beatriz", "Camilo", "César", "Claudia", "Daniela",
    "Diego", "Édgar", "Fabiola", "Germán", "Inés", "Jairo", "Jhon", "Juliana", "Leidy", "Luz", "María",
    "Martín", "Milena", "Nelson", "Nicolás", "Ofelia", "Rubén", "Sandra", "Sofía", "Víctor", "Wilson", "Yaneth",
)  # fmt: skip
SECOND: t.Final = ("", "", "Amparo", "Cecilia", "David", "Esperanza", "Felipe", "Marcela", "Mauricio", "Patricia")
FAMILY: t.Final = (
    "Ejemplo", "Ficticio", "Inventado", "Supuesto", "Ensayo", "Modelo", "Muestra", "Nuñez Ejemplo", "Peña Ficticia",
    "Muñoz Supuesto", "Cañón Ejemplo", "Ibáñez Muestra", "Gómez Inventado", "Pérez Modelo", "Ávila Ensayo",
)  # fmt: skip

DEPARTMENTS: t.Final = (
    "Secretaría de Hacienda",
    "Secretaría de Gobierno",
    "Secretaría de Planeación",
    "Secretaría de Educación",
    "Secretaría de Salud",
    "Secretaría de Infraestructura y Obras Públicas",
    "Secretaría de Desarrollo Social",
    "Secretaría de Movilidad",
    "Secretaría Jurídica",
    "Dirección de Talento Humano",
    "Oficina de Control Interno",
    "Almacén General",
)
HACIENDA: t.Final = DEPARTMENTS[0]
SITES: t.Final = ("Palacio Municipal", "Sede Centro", "Centro Cultural", "Casa de Justicia", "Archivo Central")
DEPARTMENT_TYPOS: t.Final = ("secretaria de hacienda ", "  Secretaría de  Gobierno", "SECRETARIA DE PLANEACION")

SERVICES: t.Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Impresoras", (
        "La impresora del segundo piso no imprime", "Cambio de tóner, por favor",
        "Atasco de papel en la multifuncional",
        "No deja escanear a la carpeta compartida", "Instalar impresora en el computador nuevo",
    )),
    ("Contraseñas", (
        "Olvidé la clave del correo institucional", "Usuario bloqueado en el sistema", "Restablecer contraseña de red",
        "Cambio de clave, se venció ayer",
    )),
    ("Red e internet", (
        "No hay internet en la oficina", "El wifi se cae en la tarde", "Punto de red dañado en el puesto 4",
        "No abre la página de la Gobernación", "Muy lenta la red desde el lunes",
    )),
    ("Equipos de cómputo", (
        "El computador no enciende", "Pantalla azul al abrir el sistema", "Solicito mouse y teclado",
        "El equipo está muy lento", "Instalar Office en el portátil",
    )),
    ("Software", (
        "Error al abrir SINFA, sale pantalla en blanco", "Actualizar el lector de PDF", "No abre el archivo de Excel",
        "Instalar certificado de firma digital", "Capacitación en Drive para dos funcionarios",
    )),
    ("Telefonía", ("La extensión 214 no timbra", "Cambiar nombre en la extensión", "Teléfono sin tono")),
)  # fmt: skip

COPY_SERVICE: t.Final = "Copia de seguridad"
COPIES: t.Final[dict[str, tuple[str, ...]]] = {
    "sinfa": (
        "Copia de seguridad SINFA - nómina", "Copia de la base de datos SINFA antes del cierre",
        "Copia de seguridad SINFA - almacén", "Backup SINFA para auditoría", "copia de SINFA - presupuesto",
    ),
    "mailbox": (
        "Copia de seguridad - correo", "Backup del correo institucional por terminación de contrato",
        "Copia de seguridad del correo de {email}", "Copia del buzón, entrega del cargo",
    ),
    "drive": (
        "Copia de seguridad - drive", "Backup de la unidad de Google Drive de {email}",
        "Copia del Drive, se retira el contratista", "Copia de seguridad carpeta compartida de Drive",
    ),
    "usb": (
        "Copia de seguridad del computador en memoria USB", "Copia a drive externo (disco USB) de la oficina",
        "Pasar los archivos del equipo a un disco externo",
    ),
    "recovery": (
        "Recuperar correo borrado, necesito el de la semana pasada", "Se me borró un correo, por favor devuélvamelo",
        "Recuperación de carpeta de Drive eliminada", "Restaurar archivo de contratos de la copia",
    ),
}  # fmt: skip
COPY_WEIGHTS: t.Final = {"sinfa": 10, "mailbox": 14, "drive": 8, "usb": 3, "recovery": 5}

HOSTILE: t.Final = "Copia de seguridad - correo {{ lookup('pipe','touch /tmp/pwned') }}"
FORMULA_LIKE: t.Final = '=HYPERLINK("http://premios.example/gane";"No imprime, ver foto")'
UNKNOWN_STATUS: t.Final = "En revisión por comité"
DEMO_DESCRIPTION: t.Final = "Copia de seguridad SINFA - contabilidad"
DEMO_MAILBOX: t.Final = "Copia de seguridad del correo de {email}, entrega del cargo"

OPEN_STATUSES: t.Final = ("Registrado", "Asignado", "Asignado", "En proceso", "En espera", "Reasignado")
DONE_STATUSES: t.Final = ("Solucionado", "Solucionado", "Cerrado", "Cerrado", "solucionado ", "Resuelto", "Cancelado")
DONE_WORK: t.Final = (
    "Se atendió en sitio y quedó funcionando",
    "Se dio soporte por teléfono",
    "Se realizó lo solicitado",
    "Se reinició el equipo y se verificó con el usuario",
)
NOTES: t.Final = ("llamar antes de ir", "prioridad", "ver con el proveedor", "repetido?")
