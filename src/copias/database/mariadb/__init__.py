"""MariaDB and MySQL: dump with the server's own tools, digest in the same moment, restore and compare."""

from copias.database.mariadb.driver import MariaDB
from copias.database.mariadb.scratch import ScratchServer

__all__ = ["MariaDB", "ScratchServer"]
