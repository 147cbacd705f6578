CREATE TABLE cuenta (
    codigo varchar(20) PRIMARY KEY,
    nombre varchar(100) NOT NULL
) ENGINE=InnoDB;
CREATE TABLE asiento (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    cuenta varchar(20) NOT NULL,
    concepto varchar(200),
    valor decimal(18, 2) NOT NULL,
    FOREIGN KEY (cuenta) REFERENCES cuenta (codigo)
) ENGINE=InnoDB;
INSERT INTO cuenta SELECT seq, CONCAT('Cuenta ', seq) FROM seq_1_to_200;
INSERT INTO asiento (cuenta, concepto, valor)
SELECT 1 + seq % 200, CONCAT('Pago número ', seq, ' «ñ»'), seq / 100 FROM seq_1_to_20000;
