"""PostgreSQL, any version that today's pg_dump reads."""

from copias.database.postgresql.driver import PostgreSQL
from copias.database.postgresql.scratch import ScratchServer

__all__ = ["PostgreSQL", "ScratchServer"]
