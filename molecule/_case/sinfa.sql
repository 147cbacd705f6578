-- A small finance database. Nobody in it exists.
CREATE SCHEMA contabilidad;
CREATE TABLE contabilidad.cuenta (
    codigo text PRIMARY KEY,
    nombre text NOT NULL
);
CREATE TABLE contabilidad.asiento (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cuenta text NOT NULL REFERENCES contabilidad.cuenta,
    concepto text,
    valor numeric(18, 2) NOT NULL
);
INSERT INTO contabilidad.cuenta SELECT i::text, 'Cuenta ' || i FROM generate_series(1, 200) i;
INSERT INTO contabilidad.asiento (cuenta, concepto, valor)
SELECT (1 + i % 200)::text, 'Pago número ' || i || ' «ñ»', i / 100.0 FROM generate_series(1, 20000) i;
