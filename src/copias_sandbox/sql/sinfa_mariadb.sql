-- The invented finance database of a town hall, for MariaDB: deterministic, and as awkward as real ones are.
-- :megabytes stands for its approximate size, :rows_N for the numbers 1 to N times it. Nobody in it exists.
CREATE FUNCTION contabilidad_tercero(numero BIGINT) RETURNS VARCHAR(80) CHARACTER SET utf8mb4 DETERMINISTIC
RETURN CONCAT(ELT(1 + numero % 8, 'María', 'José', 'Ángela', 'Nicolás', 'Íngrid', 'Zoraida', 'Óscar', 'Begoña'), ' ',
    ELT(1 + numero DIV 8 % 7, 'Peñalosa', 'Güiza', 'Ávila', 'Muñoz', 'Nariño', 'Bermúdez', 'Ibáñez'), ' ',
    ELT(1 + numero DIV 56 % 5, 'Quiñones', 'Roldán', 'Yáñez', 'Cárdenas', 'Núñez'));

CREATE TABLE contabilidad_cuenta (
    codigo VARCHAR(10) PRIMARY KEY, nombre TEXT NOT NULL, padre VARCHAR(10),
    CONSTRAINT cuenta_codigo_check CHECK (codigo REGEXP '^[0-9]{1,10}$'),
    CONSTRAINT cuenta_padre_fkey FOREIGN KEY (padre) REFERENCES contabilidad_cuenta (codigo)
) COMMENT 'Plan de cuentas; no es el "oficial"';
INSERT INTO contabilidad_cuenta
SELECT seq, CONCAT('Cuenta de ', ELT(1 + seq % 5, 'caja', 'bancos', 'impuesto predial', 'nómina', 'cesantías'), ' ', seq),
       IF(seq >= 1000, seq DIV 10, NULL) FROM seq_100_to_4999 ORDER BY seq;

CREATE TABLE contabilidad_asiento (
    id BIGINT PRIMARY KEY AUTO_INCREMENT, fecha DATE NOT NULL, cuenta VARCHAR(10) NOT NULL, tercero VARCHAR(80) NOT NULL,
    concepto TEXT, debito DECIMAL(18, 2) NOT NULL DEFAULT 0, credito DECIMAL(18, 2) NOT NULL DEFAULT 0,
    saldo DECIMAL(18, 2) AS (debito - credito) STORED, anual INT AS (YEAR(fecha)) VIRTUAL,
    estado ENUM('borrador', 'aprobado', 'anulado') NOT NULL DEFAULT 'aprobado', registrado TIMESTAMP(3) NOT NULL
);
INSERT INTO contabilidad_asiento (fecha, cuenta, tercero, concepto, debito, credito, estado, registrado)
SELECT '2016-01-01' + INTERVAL seq % 3900 DAY, 1000 + seq % 4000, contabilidad_tercero(seq),
       IF(seq % 11 = 0, NULL, CONCAT('Causación N.º ', seq, ' según ', LEFT(MD5(seq), 12))),
       IF(seq % 2 = 0, (seq * 7919 % 100000007) / 100, 0), IF(seq % 2 = 1, (seq * 7919 % 100000007) / 100, 0),
       ELT(1 + (seq % 97 = 0) + (seq % 991 = 0), 'aprobado', 'borrador', 'anulado'),
       TIMESTAMP('2016-01-01 13:00:00') + INTERVAL seq * 37 SECOND
FROM :rows_2400 ORDER BY seq;
CREATE INDEX asiento_cuenta ON contabilidad_asiento (cuenta, fecha);
ALTER TABLE contabilidad_asiento ADD CONSTRAINT asiento_cuenta_fkey FOREIGN KEY (cuenta) REFERENCES contabilidad_cuenta (codigo);
CREATE VIEW contabilidad_balance AS
    SELECT cuenta, SUM(debito) AS debito, SUM(credito) AS credito FROM contabilidad_asiento GROUP BY cuenta;

CREATE SEQUENCE presupuesto_numero_cdp START WITH 1000 INCREMENT BY 5 NOCACHE;
CREATE TABLE presupuesto_rubro (
    codigo VARCHAR(20) PRIMARY KEY, nombre TEXT NOT NULL, apropiacion DECIMAL(18, 2), ejecutado VARCHAR(30)
);
INSERT INTO presupuesto_rubro
SELECT CONCAT('2.1.', seq), CONCAT('Rubro ', seq, ' — inversión'), seq * 1000000.00,
       IF(seq % 7 = 0, NULL, CONCAT(seq, '.0')) FROM seq_1_to_900;
-- 1.0 and 1.00 are equal numbers and different texts.
INSERT INTO presupuesto_rubro VALUES ('escala', 'Dos escalas', 1.00, '1.0');
CREATE TABLE presupuesto_movimiento (
    id BIGINT PRIMARY KEY, rubro VARCHAR(20) NOT NULL, vigencia INT NOT NULL, valor DECIMAL(18, 2) NOT NULL, soporte JSON,
    CONSTRAINT movimiento_rubro_fkey FOREIGN KEY (rubro) REFERENCES presupuesto_rubro (codigo)
);
INSERT INTO presupuesto_movimiento
SELECT seq, CONCAT('2.1.', 1 + seq % 900), 2016 + seq % 11, (seq * 104729 % 900000001) / 100,
       JSON_OBJECT('cdp', 1000 + seq, 'observación', CONCAT('año ', 2016 + seq % 11), 'páginas', seq % 9)
FROM :rows_900 ORDER BY seq;
DO NEXTVAL(presupuesto_numero_cdp);
CREATE SEQUENCE `presupuesto_sin Usar` START WITH 77;

CREATE TABLE predial_liquidacion (
    predio VARCHAR(40) NOT NULL, vigencia INT NOT NULL, propietario VARCHAR(80), avaluo DECIMAL(16, 2),
    impuesto DECIMAL(16, 2), pagado BOOLEAN NOT NULL, PRIMARY KEY (predio, vigencia)
) PARTITION BY RANGE (vigencia) (
    PARTITION p2024 VALUES LESS THAN (2025), PARTITION p2025 VALUES LESS THAN (2026),
    PARTITION p2026 VALUES LESS THAN MAXVALUE
);
INSERT INTO predial_liquidacion
SELECT CONCAT(LPAD(seq DIV 3, 20, '0'), '-', LEFT(MD5(seq DIV 3), 10)), 2024 + seq % 3, contabilidad_tercero(seq DIV 3),
       (seq * 15485863 % 90000000000) / 100, (seq * 15485863 % 900000000) / 100, seq % 5 <> 0
FROM :rows_1100 ORDER BY seq;

CREATE TABLE nomina_empleado (
    cedula BIGINT PRIMARY KEY, nombre VARCHAR(80) NOT NULL, cargo VARCHAR(40) CHARACTER SET latin1,
    salario DECIMAL(14, 2) NOT NULL, ingreso DATE, retiro DATE, foto BIT(12),
    CONSTRAINT empleado_fechas CHECK (retiro IS NULL OR retiro >= ingreso)
);
INSERT INTO nomina_empleado
SELECT 900000000 + seq, contabilidad_tercero(seq), CONCAT('Técnico ', seq % 12), 1500000 + (seq % 400) * 12345.67,
       '2001-02-03' + INTERVAL seq DAY, IF(seq % 9 = 0, '2024-01-01', NULL), seq FROM seq_1_to_400;
CREATE TABLE nomina_pago (
    id BIGINT PRIMARY KEY AUTO_INCREMENT, cedula BIGINT NOT NULL, mes DATE NOT NULL, devengado DECIMAL(14, 2) NOT NULL,
    deducido DECIMAL(14, 2) NOT NULL, novedades SET('incapacidad', 'día cívico', 'licencia'), horas TIME, factor DOUBLE,
    CONSTRAINT pago_cedula_fkey FOREIGN KEY (cedula) REFERENCES nomina_empleado (cedula)
);
INSERT INTO nomina_pago (cedula, mes, devengado, deducido, novedades, horas, factor)
SELECT 900000001 + seq % 400, '2016-01-01' + INTERVAL seq DIV 400 % 130 * 30 DAY, 1500000 + seq % 1000 * 77.77,
       seq % 1000 * 7.07, IF(seq % 6 = 0, seq % 8, NULL), SEC_TO_TIME(seq % 200 * 4020), seq / 3e0
FROM :rows_900 ORDER BY seq;

CREATE TABLE tesoreria_recaudo (
    id INT PRIMARY KEY AUTO_INCREMENT, banco VARCHAR(40), valor DECIMAL(16, 2), cuando DATETIME(6),
    referencia UUID, huella INET6
);
INSERT INTO tesoreria_recaudo (banco, valor, cuando, referencia, huella)
SELECT CONCAT('Banco ', seq % 7), (seq * 7907 % 50000021) / 100, '2020-01-01' + INTERVAL seq * 11 MINUTE,
       REGEXP_REPLACE(MD5(seq), '(.{8})(.{4}).(.{3}).(.{3})(.{12})', '\\1-\\2-4\\3-8\\4-\\5'),
       CONCAT('::ffff:10.0.', seq DIV 256 % 256, '.', seq % 256)
FROM :rows_700 ORDER BY seq;
CREATE TABLE tesoreria_sesion (id INT PRIMARY KEY, dato TEXT) ENGINE = MyISAM;
INSERT INTO tesoreria_sesion SELECT seq, CONCAT('sesión ', seq) FROM seq_1_to_50;
CREATE TABLE tesoreria_documento (id INT, numero TEXT, lugar POINT);
INSERT INTO tesoreria_documento SELECT seq, CONCAT('D-', seq), POINT(seq, seq / 7e0) FROM seq_1_to_20;

CREATE TABLE adjuntos_archivo (id BIGINT PRIMARY KEY, nombre TEXT NOT NULL, tipo VARCHAR(40), contenido LONGBLOB NOT NULL);
INSERT INTO adjuntos_archivo
SELECT f.seq, CONCAT('soporte ', f.seq, ' – áéíóú.pdf'), 'application/pdf',
       (SELECT GROUP_CONCAT(UNHEX(SHA2(CONCAT(f.seq, ':', p.seq), 512)) ORDER BY p.seq SEPARATOR '') FROM seq_1_to_512 p)
FROM :files f ORDER BY f.seq;

CREATE TABLE `Configuración 2026 "rara"; DROP TABLE x; --` (
    t TEXT, `select` INT, `Ñandú %s {x}` TEXT, `con
salto` TEXT
);
INSERT INTO `Configuración 2026 "rara"; DROP TABLE x; --`
VALUES ('uno', 1, 'tab\ty barra \\ y salto\nde línea', NULL), ('', NULL, '{{ lookup("pipe", "id") }}', '''); --'),
       (NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL), ('a,b', NULL, 'c', ''), ('a', NULL, 'b,c', NULL);
CREATE TABLE `Tabla con
salto y ``comilla``` (id INT);
CREATE TABLE vacia (id INT);

CREATE TRIGGER no_anular BEFORE UPDATE ON contabilidad_asiento FOR EACH ROW
BEGIN
    -- Parece el volcado:
/*!40101 SET character_set_client = utf8mb4 */;
    IF OLD.estado = 'anulado' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'asiento anulado'; END IF;
END;
CREATE PROCEDURE cerrar_vigencia(IN anno INT)
BEGIN
    -- no se ejecuta
    UPDATE contabilidad_asiento SET estado = 'aprobado' WHERE YEAR(fecha) = anno AND estado = 'borrador';
END;
CREATE EVENT depurar ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 02:00:00' DISABLE DO DELETE FROM tesoreria_sesion;
