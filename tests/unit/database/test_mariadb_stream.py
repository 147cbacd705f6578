"""A dump is read as it goes by, whatever the pieces it comes in."""

from __future__ import annotations

import pytest

from copias.database.mariadb.stream import StreamReader

DUMP = """/*M!999999\\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: sinfa
/*!40101 SET NAMES utf8mb4 */;

DROP SEQUENCE IF EXISTS `numero``cdp`;
CREATE SEQUENCE `numero``cdp` start with 1000 minvalue 1 maxvalue 9223372036854775806 increment by 5 cache 1000;
DO SETVAL(`numero``cdp`, 6000, 0);
DO SETVAL(`otra
línea`, -7, 1);

/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `asiento` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `nombre` text DEFAULT 'x\\n) ENGINE=',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4801 DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=5, AUTO_INCREMENT=6';
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `asiento` VALUES
(1,'*/;\\nCREATE TABLE `falsa` (\\n) ENGINE=x'),
(2,'DO SETVAL(`falsa`, 1, 1);');
DO SETVAL(`tardía`, 1, 1);
/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE UPDATE ON asiento FOR EACH ROW BEGIN
CREATE TEMPORARY TABLE `temporal` (a int);
END */;;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `con ``comilla`` y
salto` (
  `a` int(11) DEFAULT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4
 PARTITION BY RANGE (`a`)
(PARTITION `p0` VALUES LESS THAN (5) ENGINE = MyISAM);
INSERT INTO `asiento` VALUES (3,'fin');
-- Dump completed
""".encode()


def read(dump: bytes, size: int) -> tuple[StreamReader, list[int]]:
    reader = StreamReader()
    begun: list[int] = []
    done = 0
    reader.begun = lambda: begun.append(done)
    for start in range(0, len(dump), size):
        chunk = dump[start : start + size]
        done += len(chunk)
        reader.feed(chunk)
    assert reader.finish()
    return reader, begun


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 101, 1000, 1 << 20])
def test_tables_and_counters_are_found_whatever_the_pieces(size: int) -> None:
    reader, _ = read(DUMP, size)

    assert reader.tables == ["asiento", "con `comilla` y\nsalto"]
    assert reader.counters == {"asiento": 4801}
    assert reader.sequences == {"numero`cdp": "6000,false", "otra\nlínea": "-7,true"}


@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_the_moment_is_let_go_once_and_not_before_the_first_definition(size: int) -> None:
    _, begun = read(DUMP, size)

    (place,) = begun
    assert place >= DUMP.index(b"\nCREATE SEQUENCE ") + len(b"\nCREATE SEQUENCE ")
    assert place - size <= DUMP.index(b"\nCREATE SEQUENCE ") + len(b"\nCREATE SEQUENCE ")


def test_database_without_tables_lets_go_at_the_end() -> None:
    reader, begun = read(b"-- MariaDB dump 10.19\nDO SETVAL(`s`, 5, 0);\n-- Dump completed\n", 8)

    assert len(begun) == 1
    assert reader.tables == []
    assert reader.sequences == {"s": "5,false"}


def test_what_does_not_begin_as_a_dump_is_told_apart() -> None:
    reader = StreamReader()
    reader.feed(b"mysqldump: Got error\n-- Dump completed\n")

    assert not reader.finish()
