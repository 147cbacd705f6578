"""Map every object of a database to a digest of its definition, the same in the source and in its restored copy.

What a restore makes anew is left out: numbers, compiled forms, and the names of the domains that Firebird makes for
each column by itself.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias.database.schema import digest_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from copias.database.contract import Row
    from copias.database.firebird.session import Moment

_TYPE = (
    "f.RDB$FIELD_TYPE, f.RDB$FIELD_SUB_TYPE, f.RDB$FIELD_LENGTH, f.RDB$CHARACTER_LENGTH, f.RDB$FIELD_PRECISION,"
    " f.RDB$FIELD_SCALE, f.RDB$DIMENSIONS, f.RDB$NULL_FLAG, f.RDB$DEFAULT_SOURCE, f.RDB$VALIDATION_SOURCE,"
    " f.RDB$COMPUTED_SOURCE, s.RDB$CHARACTER_SET_NAME, k.RDB$COLLATION_NAME, f.RDB$SEGMENT_LENGTH"
)
_TYPE_FROM = (
    " LEFT JOIN RDB$CHARACTER_SETS s ON s.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID"
    " LEFT JOIN RDB$COLLATIONS k ON k.RDB$CHARACTER_SET_ID = f.RDB$CHARACTER_SET_ID"
    " AND k.RDB$COLLATION_ID = COALESCE(:collationf.RDB$COLLATION_ID, 0)"
)
_NAMED = "CASE WHEN f.RDB$FIELD_NAME STARTING WITH 'RDB$' THEN NULL ELSE f.RDB$FIELD_NAME END"
_MINE = "COALESCE(o.RDB$SYSTEM_FLAG, 0) = 0"
_GRANTEE = (
    "CASE WHEN o.RDB$GRANTOR IS NULL AND o.RDB$USER_TYPE = 8 AND o.RDB$USER = d.RDB$OWNER_NAME"
    " THEN 'SYSDBA' ELSE o.RDB$USER END"
)
"""What the server itself gives the owner of a database goes, in a restored copy, to whoever restored it."""
_LATER = ("PERMISO SQL$", "MAPEO ")
"""Rights to make objects, of which every database has one by itself, and mappings: old records tell nothing of them."""


@dataclass(frozen=True)
class _Part:
    """A question whose first column is an object's name; its rows, in order, are a part of that definition."""

    kind: str
    question: str


_PARTS = (
    _Part(
        "BASE DE DATOS",
        "SELECT 'opciones', d.RDB$CHARACTER_SET_NAME, d.RDB$DESCRIPTION, m.MON$PAGE_SIZE, m.MON$SQL_DIALECT"
        " FROM RDB$DATABASE d CROSS JOIN MON$DATABASE m",
    ),
    _Part(
        "DOMINIO",
        "SELECT f.RDB$FIELD_NAME, f.RDB$DESCRIPTION, :type FROM RDB$FIELDS f:origin()"
        " WHERE COALESCE(f.RDB$SYSTEM_FLAG, 0) = 0 AND NOT f.RDB$FIELD_NAME STARTING WITH 'RDB$'",
    ),
    _Part(
        "TABLA",
        "SELECT o.RDB$RELATION_NAME, o.RDB$OWNER_NAME, o.RDB$DESCRIPTION, o.RDB$EXTERNAL_FILE,"
        " o.RDB$RELATION_TYPE FROM RDB$RELATIONS o"
        " WHERE :mine AND o.RDB$VIEW_BLR IS NULL",
    ),
    _Part(
        "VISTA",
        "SELECT o.RDB$RELATION_NAME, o.RDB$OWNER_NAME, o.RDB$DESCRIPTION, o.RDB$VIEW_SOURCE FROM RDB$RELATIONS o"
        " WHERE :mine AND o.RDB$VIEW_BLR IS NOT NULL",
    ),
    _Part(
        "COLUMNA",
        "SELECT TRIM(c.RDB$RELATION_NAME) || '.' || TRIM(c.RDB$FIELD_NAME), :named, c.RDB$FIELD_POSITION,"
        " c.RDB$NULL_FLAG, c.RDB$DEFAULT_SOURCE, c.RDB$DESCRIPTION, c.RDB$IDENTITY_TYPE,"
        " :type FROM RDB$RELATION_FIELDS c JOIN RDB$RELATIONS o ON o.RDB$RELATION_NAME = c.RDB$RELATION_NAME"
        " JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = c.RDB$FIELD_SOURCE"
        ":origin(c.RDB$COLLATION_ID, ) WHERE :mine",
    ),
    _Part(
        "ÍNDICE",
        "SELECT o.RDB$INDEX_NAME, o.RDB$RELATION_NAME, o.RDB$UNIQUE_FLAG, o.RDB$INDEX_TYPE, o.RDB$INDEX_INACTIVE,"
        " o.RDB$FOREIGN_KEY, o.RDB$EXPRESSION_SOURCE, o.RDB$DESCRIPTION, g.RDB$FIELD_POSITION, g.RDB$FIELD_NAME"
        " FROM RDB$INDICES o LEFT JOIN RDB$INDEX_SEGMENTS g ON g.RDB$INDEX_NAME = o.RDB$INDEX_NAME"
        " WHERE :mine",
    ),
    _Part(
        "RESTRICCIÓN",
        "SELECT o.RDB$CONSTRAINT_NAME, o.RDB$CONSTRAINT_TYPE, o.RDB$RELATION_NAME, o.RDB$DEFERRABLE, o.RDB$INDEX_NAME,"
        " r.RDB$CONST_NAME_UQ, r.RDB$UPDATE_RULE, r.RDB$DELETE_RULE,"
        " CASE WHEN o.RDB$CONSTRAINT_TYPE = 'CHECK' THEN t.RDB$TRIGGER_SOURCE ELSE h.RDB$TRIGGER_NAME END,"
        " t.RDB$TRIGGER_TYPE"
        " FROM RDB$RELATION_CONSTRAINTS o"
        " JOIN RDB$RELATIONS l ON l.RDB$RELATION_NAME = o.RDB$RELATION_NAME AND COALESCE(l.RDB$SYSTEM_FLAG, 0) = 0"
        " LEFT JOIN RDB$REF_CONSTRAINTS r ON r.RDB$CONSTRAINT_NAME = o.RDB$CONSTRAINT_NAME"
        " LEFT JOIN RDB$CHECK_CONSTRAINTS h ON h.RDB$CONSTRAINT_NAME = o.RDB$CONSTRAINT_NAME"
        " LEFT JOIN RDB$TRIGGERS t ON t.RDB$TRIGGER_NAME = h.RDB$TRIGGER_NAME",
    ),
    _Part(
        "DISPARADOR",
        "SELECT o.RDB$TRIGGER_NAME, o.RDB$RELATION_NAME, o.RDB$TRIGGER_SEQUENCE, o.RDB$TRIGGER_TYPE,"
        " o.RDB$TRIGGER_INACTIVE, o.RDB$TRIGGER_SOURCE, o.RDB$DESCRIPTION, o.RDB$ENGINE_NAME, o.RDB$ENTRYPOINT"
        " FROM RDB$TRIGGERS o WHERE :mine",
    ),
    _Part(
        "PROCEDIMIENTO",
        "SELECT COALESCE(TRIM(o.RDB$PACKAGE_NAME) || '.', '') || TRIM(o.RDB$PROCEDURE_NAME), o.RDB$OWNER_NAME,"
        " o.RDB$PROCEDURE_TYPE, o.RDB$PROCEDURE_SOURCE, o.RDB$DESCRIPTION, o.RDB$ENGINE_NAME, o.RDB$ENTRYPOINT,"
        " p.RDB$PARAMETER_TYPE, p.RDB$PARAMETER_NUMBER, p.RDB$PARAMETER_NAME, p.RDB$DEFAULT_SOURCE, p.RDB$NULL_FLAG,"
        " p.RDB$PARAMETER_MECHANISM, p.RDB$RELATION_NAME, p.RDB$FIELD_NAME, :named, :type"
        " FROM RDB$PROCEDURES o LEFT JOIN RDB$PROCEDURE_PARAMETERS p ON p.RDB$PROCEDURE_NAME = o.RDB$PROCEDURE_NAME"
        " AND p.RDB$PACKAGE_NAME IS NOT DISTINCT FROM o.RDB$PACKAGE_NAME"
        " LEFT JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = p.RDB$FIELD_SOURCE"
        ":origin(p.RDB$COLLATION_ID, ) WHERE :mine",
    ),
    _Part(
        "FUNCIÓN",
        "SELECT COALESCE(TRIM(o.RDB$PACKAGE_NAME) || '.', '') || TRIM(o.RDB$FUNCTION_NAME), o.RDB$OWNER_NAME,"
        " o.RDB$FUNCTION_SOURCE, o.RDB$DESCRIPTION, o.RDB$MODULE_NAME, o.RDB$ENTRYPOINT, o.RDB$RETURN_ARGUMENT,"
        " o.RDB$ENGINE_NAME, o.RDB$DETERMINISTIC_FLAG, p.RDB$ARGUMENT_POSITION, p.RDB$MECHANISM, p.RDB$ARGUMENT_NAME,"
        " p.RDB$DEFAULT_SOURCE, p.RDB$NULL_FLAG, p.RDB$FIELD_TYPE, p.RDB$FIELD_LENGTH, p.RDB$FIELD_SCALE,"
        " :named, :type"
        " FROM RDB$FUNCTIONS o LEFT JOIN RDB$FUNCTION_ARGUMENTS p ON p.RDB$FUNCTION_NAME = o.RDB$FUNCTION_NAME"
        " AND p.RDB$PACKAGE_NAME IS NOT DISTINCT FROM o.RDB$PACKAGE_NAME"
        " LEFT JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = p.RDB$FIELD_SOURCE"
        ":origin(p.RDB$COLLATION_ID, ) WHERE :mine",
    ),
    _Part(
        "PAQUETE",
        "SELECT o.RDB$PACKAGE_NAME, o.RDB$OWNER_NAME, o.RDB$PACKAGE_HEADER_SOURCE, o.RDB$PACKAGE_BODY_SOURCE,"
        " o.RDB$DESCRIPTION FROM RDB$PACKAGES o WHERE :mine",
    ),
    _Part(
        "EXCEPCIÓN",
        "SELECT o.RDB$EXCEPTION_NAME, o.RDB$OWNER_NAME, o.RDB$MESSAGE, o.RDB$DESCRIPTION FROM RDB$EXCEPTIONS o"
        " WHERE :mine",
    ),
    _Part(
        "SECUENCIA",
        "SELECT o.RDB$GENERATOR_NAME, o.RDB$OWNER_NAME, o.RDB$INITIAL_VALUE, o.RDB$GENERATOR_INCREMENT,"
        " o.RDB$DESCRIPTION FROM RDB$GENERATORS o WHERE :mine",
    ),
    _Part(
        "ROL",
        "SELECT o.RDB$ROLE_NAME, o.RDB$OWNER_NAME, o.RDB$DESCRIPTION FROM RDB$ROLES o WHERE :mine",
    ),
    _Part(
        "PERMISO",
        "SELECT TRIM(o.RDB$RELATION_NAME), o.RDB$OBJECT_TYPE, o.RDB$FIELD_NAME, :grantee, o.RDB$USER_TYPE,"
        " o.RDB$PRIVILEGE, o.RDB$GRANT_OPTION, o.RDB$GRANTOR FROM RDB$USER_PRIVILEGES o"
        " JOIN RDB$RELATIONS d ON d.RDB$RELATION_NAME = 'RDB$DATABASE'"
        " WHERE NOT o.RDB$RELATION_NAME STARTING WITH 'RDB$' AND NOT o.RDB$RELATION_NAME STARTING WITH 'MON$'"
        " AND NOT o.RDB$RELATION_NAME STARTING WITH 'SEC$' OR o.RDB$RELATION_NAME = 'RDB$ADMIN'",
    ),
    _Part(
        "MAPEO",
        "SELECT o.RDB$MAP_NAME, o.RDB$MAP_USING, o.RDB$MAP_PLUGIN, o.RDB$MAP_DB, o.RDB$MAP_FROM_TYPE,"
        " o.RDB$MAP_FROM, o.RDB$MAP_TO_TYPE, o.RDB$MAP_TO, o.RDB$DESCRIPTION FROM RDB$AUTH_MAPPING o WHERE :mine",
    ),
    _Part(
        "INTERCALACIÓN",
        "SELECT o.RDB$COLLATION_NAME, o.RDB$COLLATION_ATTRIBUTES, o.RDB$BASE_COLLATION_NAME,"
        " o.RDB$SPECIFIC_ATTRIBUTES, o.RDB$DESCRIPTION FROM RDB$COLLATIONS o WHERE :mine",
    ),
    _Part(
        "CODIFICACIÓN",
        "SELECT o.RDB$CHARACTER_SET_NAME, o.RDB$DEFAULT_COLLATE_NAME FROM RDB$CHARACTER_SETS o",
    ),
    _Part(
        "FILTRO",
        "SELECT o.RDB$FUNCTION_NAME, o.RDB$DESCRIPTION, o.RDB$MODULE_NAME, o.RDB$ENTRYPOINT, o.RDB$INPUT_SUB_TYPE,"
        " o.RDB$OUTPUT_SUB_TYPE FROM RDB$FILTERS o WHERE :mine",
    ),
)


def _whole(question: str) -> str:
    """Put the parts that many questions share in the place of their names."""
    question = re.sub(r":origin\((.*?)\)", lambda found: _TYPE_FROM.replace(":collation", found[1]), question)
    question = question.replace(":grantee", _GRANTEE)
    return question.replace(":mine", _MINE).replace(":named", _NAMED).replace(":type", _TYPE)


def read_schema(moment: Moment) -> dict[str, str]:
    """Return ``KIND name`` of each object with the digest of its definition."""
    found: dict[str, list[str]] = {}
    for part in _PARTS:
        for row in moment.ask(_whole(part.question)):
            found.setdefault(f"{part.kind} {row[0]}", []).append(_text(row[1:]))
    return {name: digest_of("\n".join(sorted(rows))) for name, rows in found.items()}


def leave_out_unrecorded(found: Mapping[str, str], recorded: Iterable[str]) -> dict[str, str]:
    """Return the objects of a restored copy without those of a kind that the record of its dump is too old to tell."""
    told = any(name.startswith(_LATER) for name in recorded)
    return {name: digest for name, digest in found.items() if told or not name.startswith(_LATER)}


def _text(row: Row) -> str:
    """Return a row as text in which nothing runs into its neighbour.

    Where nothing was said, the catalogue of the source has NULL and that of a restored copy 0.
    """
    return repr(tuple(_settled(value) for value in row))


def _settled(value: t.Any) -> t.Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return None if value == 0 else value
