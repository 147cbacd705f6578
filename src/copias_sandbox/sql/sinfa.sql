-- The invented finance database of a town hall: deterministic, and as awkward as real ones are.
-- :megabytes stands for its approximate size. Nobody in it exists.
SET check_function_bodies = off;

CREATE SCHEMA contabilidad;
CREATE SCHEMA presupuesto;
CREATE SCHEMA predial;
CREATE SCHEMA nomina;
CREATE SCHEMA tesoreria;
CREATE SCHEMA adjuntos;
CREATE SCHEMA "Configuración 2026";

CREATE DOMAIN contabilidad.dinero AS numeric(18, 2);
CREATE TYPE contabilidad.estado AS ENUM ('borrador', 'aprobado', 'anulado');

CREATE FUNCTION contabilidad.tercero(numero bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['María', 'José', 'Ángela', 'Nicolás', 'Íngrid', 'Zoraida', 'Óscar', 'Begoña'])[1 + numero % 8] || ' '
        || (ARRAY['Peñalosa', 'Güiza', 'Ávila', 'Muñoz', 'Nariño', 'Bermúdez', 'Ibáñez'])[1 + (numero / 8) % 7] || ' '
        || (ARRAY['Quiñones', 'Roldán', 'Yáñez', 'Cárdenas', 'Núñez'])[1 + (numero / 56) % 5]
$$;
COMMENT ON FUNCTION contabilidad.tercero IS 'Una persona inventada por número';

CREATE TABLE contabilidad.cuenta (
    codigo text PRIMARY KEY CHECK (codigo ~ '^[0-9]{1,10}$'),
    nombre text NOT NULL,
    padre text REFERENCES contabilidad.cuenta
);
INSERT INTO contabilidad.cuenta
SELECT i::text, 'Cuenta de ' || (ARRAY['caja', 'bancos', 'impuesto predial', 'nómina', 'cesantías'])[1 + i % 5] || ' ' || i,
       CASE WHEN i >= 1000 THEN (i / 10)::text END
FROM generate_series(100, 4999) i ORDER BY i;

CREATE TABLE contabilidad.asiento (
    id bigint GENERATED ALWAYS AS IDENTITY,
    fecha date NOT NULL,
    cuenta text NOT NULL,
    tercero text NOT NULL,
    concepto text,
    debito contabilidad.dinero NOT NULL DEFAULT 0,
    credito contabilidad.dinero NOT NULL DEFAULT 0,
    saldo numeric(18, 2) GENERATED ALWAYS AS (debito - credito) STORED,
    estado contabilidad.estado NOT NULL DEFAULT 'aprobado',
    registrado timestamptz NOT NULL
);
INSERT INTO contabilidad.asiento (fecha, cuenta, tercero, concepto, debito, credito, estado, registrado)
SELECT date '2016-01-01' + (i % 3900)::int, (1000 + i % 4000)::text, contabilidad.tercero(i),
       CASE WHEN i % 11 = 0 THEN NULL ELSE 'Causación N.º ' || i || ' según ' || left(md5(i::text), 12) END,
       CASE WHEN i % 2 = 0 THEN (i * 7919 % 100000007) / 100.0 ELSE 0 END,
       CASE WHEN i % 2 = 1 THEN (i * 7919 % 100000007) / 100.0 ELSE 0 END,
       (ARRAY['aprobado', 'borrador', 'anulado'])[1 + (i % 97 = 0)::int + (i % 991 = 0)::int]::contabilidad.estado,
       timestamptz '2016-01-01 08:00:00-05' + i * interval '37 seconds'
FROM generate_series(1, :megabytes::bigint * 2400) i ORDER BY i;
ALTER TABLE contabilidad.asiento ADD PRIMARY KEY (id);
CREATE INDEX asiento_cuenta ON contabilidad.asiento (cuenta, fecha);
ALTER TABLE contabilidad.asiento ADD FOREIGN KEY (cuenta) REFERENCES contabilidad.cuenta;
CREATE VIEW contabilidad.balance AS
    SELECT cuenta, sum(debito) AS debito, sum(credito) AS credito FROM contabilidad.asiento GROUP BY cuenta;
CREATE MATERIALIZED VIEW contabilidad.balance_anual AS
    SELECT extract(year FROM fecha)::int AS vigencia, sum(saldo) AS saldo FROM contabilidad.asiento GROUP BY 1;

CREATE SEQUENCE presupuesto.numero_cdp START 1000 INCREMENT 5;
CREATE TABLE presupuesto.rubro (
    codigo text PRIMARY KEY, nombre text NOT NULL, apropiacion numeric(18, 2), ejecutado numeric
);
INSERT INTO presupuesto.rubro
SELECT '2.1.' || i, 'Rubro ' || i || ' — inversión', i * 1000000.00, CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1.0 END
FROM generate_series(1, 900) i;
-- 1.0 and 1.00 are equal numbers and different rows.
INSERT INTO presupuesto.rubro VALUES ('escala', 'Dos escalas', 1.00, 1.0);
CREATE TABLE presupuesto.movimiento (
    id bigint PRIMARY KEY, rubro text NOT NULL REFERENCES presupuesto.rubro, vigencia int NOT NULL,
    valor numeric(18, 2) NOT NULL, soporte jsonb
);
INSERT INTO presupuesto.movimiento
SELECT i, '2.1.' || (1 + i % 900), 2016 + (i % 11)::int, (i * 104729 % 900000001) / 100.0,
       jsonb_build_object('cdp', 1000 + i, 'observación', 'año ' || (2016 + i % 11), 'páginas', i % 9)
FROM generate_series(1, :megabytes::bigint * 900) i ORDER BY i;
SELECT nextval('presupuesto.numero_cdp') FROM generate_series(1, 42);
CREATE SEQUENCE presupuesto."sin Usar" START 77;

CREATE TABLE predial.liquidacion (
    predio text NOT NULL, vigencia int NOT NULL, propietario text, avaluo numeric(16, 2), impuesto numeric(16, 2),
    pagado boolean NOT NULL, PRIMARY KEY (predio, vigencia)
) PARTITION BY RANGE (vigencia);
CREATE TABLE predial.liquidacion_2024 PARTITION OF predial.liquidacion FOR VALUES FROM (2024) TO (2025);
CREATE TABLE predial.liquidacion_2025 PARTITION OF predial.liquidacion FOR VALUES FROM (2025) TO (2026);
-- Attached with another order of columns, as a migration leaves it.
CREATE TABLE predial.liquidacion_2026 (
    pagado boolean NOT NULL, impuesto numeric(16, 2), vigencia int NOT NULL, sobra int, propietario text,
    avaluo numeric(16, 2), predio text NOT NULL
);
ALTER TABLE predial.liquidacion_2026 DROP COLUMN sobra;
ALTER TABLE predial.liquidacion ATTACH PARTITION predial.liquidacion_2026 FOR VALUES FROM (2026) TO (2027);
INSERT INTO predial.liquidacion
SELECT lpad((i / 3)::text, 20, '0') || '-' || left(md5((i / 3)::text), 10), 2024 + (i % 3)::int, contabilidad.tercero(i / 3),
       (i * 15485863 % 90000000000) / 100.0, (i * 15485863 % 900000000) / 100.0, i % 5 <> 0
FROM generate_series(1, :megabytes::bigint * 1100) i ORDER BY i;

CREATE TABLE nomina.empleado (
    cedula bigint PRIMARY KEY, nombre text NOT NULL, cargo text, salario numeric(14, 2) NOT NULL, ingreso date,
    retiro date, CHECK (retiro IS NULL OR retiro >= ingreso)
);
INSERT INTO nomina.empleado
SELECT 900000000 + i, contabilidad.tercero(i), 'Técnico ' || i % 12, 1500000 + (i % 400) * 12345.67,
       date '2001-02-03' + i, CASE WHEN i % 9 = 0 THEN date '2024-01-01' END
FROM generate_series(1, 400) i;
CREATE TABLE nomina.pago (
    id bigserial PRIMARY KEY, cedula bigint NOT NULL REFERENCES nomina.empleado, mes date NOT NULL,
    devengado numeric(14, 2) NOT NULL, deducido numeric(14, 2) NOT NULL, novedades text[], horas interval, factor float8
);
INSERT INTO nomina.pago (cedula, mes, devengado, deducido, novedades, horas, factor)
SELECT 900000001 + i % 400, date '2016-01-01' + (i / 400 % 130 * 30)::int, 1500000 + i % 1000 * 77.77, i % 1000 * 7.07,
       CASE WHEN i % 6 = 0 THEN ARRAY['incapacidad', 'día "cívico"', NULL] END, i % 200 * interval '1 hour 7 min',
       i / 3.0::float8
FROM generate_series(1, :megabytes::bigint * 900) i ORDER BY i;

CREATE TABLE tesoreria.recaudo (
    id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, banco text, valor numeric(16, 2), cuando timestamp,
    referencia uuid, huella inet
);
INSERT INTO tesoreria.recaudo (banco, valor, cuando, referencia, huella)
SELECT 'Banco ' || i % 7, (i * 7907 % 50000021) / 100.0, timestamp '2020-01-01' + i * interval '11 minutes',
       md5('recaudo ' || i)::uuid, '10.0.0.0'::inet + i % 65000
FROM generate_series(1, :megabytes::bigint * 700) i ORDER BY i;
CREATE UNLOGGED TABLE tesoreria.sesion (id int PRIMARY KEY, dato text);
INSERT INTO tesoreria.sesion SELECT i, 'sesión ' || i FROM generate_series(1, 50) i;
CREATE TABLE tesoreria.documento (id int, numero text);
CREATE TABLE tesoreria.cheque (banco text) INHERITS (tesoreria.documento);
ALTER TABLE tesoreria.documento ADD COLUMN anulado boolean DEFAULT false;
INSERT INTO tesoreria.documento SELECT i, 'D-' || i FROM generate_series(1, 20) i;
INSERT INTO tesoreria.cheque SELECT i, 'C-' || i, 'Banco ' || i FROM generate_series(1, 30) i;

CREATE TABLE adjuntos.archivo (
    id bigint PRIMARY KEY, nombre text NOT NULL, tipo text, contenido bytea NOT NULL, firma oid
);
ALTER TABLE adjuntos.archivo ALTER COLUMN contenido SET STORAGE EXTERNAL;
INSERT INTO adjuntos.archivo
SELECT i, 'soporte ' || i || ' – áéíóú.pdf', 'application/pdf',
       (SELECT string_agg(sha512((i || ':' || k)::bytea), '') FROM generate_series(1, 512) k)
FROM generate_series(1, :megabytes::bigint * 3) i ORDER BY i;
SELECT lo_from_bytea(70001, convert_to(repeat('firma escaneada ñ ', 4000), 'UTF8'));
SELECT lo_from_bytea(70002, '');
UPDATE adjuntos.archivo SET firma = 70001 WHERE id = 1;

CREATE TABLE "Configuración 2026"."Tabla ""rara""; DROP TABLE x; --" (
    t text, "select" int, "Ñandú %s {x}" text, "con
salto" text
);
INSERT INTO "Configuración 2026"."Tabla ""rara""; DROP TABLE x; --"
VALUES ('uno', 1, E'tab\ty barra \\ y salto\nde línea', NULL), ('', NULL, '{{ lookup("pipe", "id") }}', '''); --'),
       (NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL);
CREATE TABLE "Configuración 2026"."sin columnas" ();
INSERT INTO "Configuración 2026"."sin columnas" DEFAULT VALUES;
CREATE TABLE "Configuración 2026".vacia (id int);
CREATE SEQUENCE "Configuración 2026"."Sec ""rara"".; 'x'" START 5;
SELECT nextval('"Configuración 2026"."Sec ""rara"".; ''x''"');

CREATE FUNCTION contabilidad.no_anular() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Name: parece; Type: TABLE; Schema: un encabezado; Owner: de pg_dump
    IF OLD.estado = 'anulado' THEN RAISE EXCEPTION 'asiento % anulado', OLD.id; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_anular BEFORE UPDATE ON contabilidad.asiento
    FOR EACH ROW EXECUTE FUNCTION contabilidad.no_anular();
