#!/usr/bin/env python3
"""Verify an evidence pack by itself, without this product: only Python is needed, on Windows too.

    verify_evidence.py [PACK.zip | FOLDER] [--key PUBLIC.pem] [--ledger ledger.jsonl] [--previous EARLIER.zip]

Without PACK it verifies the folder that it lies in, into which the pack was extracted. It checks that every file is
the one that was sealed, the signatures (Ed25519, as RFC 8032 says), and that each line of the ledger that is shown
names the line before it. Of lines that belong to others only the SHA-256 is here: that such a line names the one before
it is checked with --ledger. The key that lies in the pack proves nothing by itself: compare its id with the one that
the entity publishes, or give the entity's own with --key.
Exit code: 0 sound, 1 not sound, 2 used wrongly.
"""

import sys

# What lies beside this script must not pass for a part of Python.
sys.path[:] = [place for place in sys.path if place and place != __file__.replace("\\", "/").rpartition("/")[0]]

import argparse  # noqa: E402  after the path is safe
import base64  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import zipfile  # noqa: E402
from pathlib import Path  # noqa: E402

FORMAT = "copias-evidence-1"
SEALED, EXCERPT, KEY = "evidencia.json", "bitacora/extracto.jsonl", "llave-publica.pem"
BLOCK = 1 << 20
TOLD = 100
DER = bytes.fromhex("302a300506032b6570032100")  # what comes before the 32 bytes of an Ed25519 key
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RuntimeError, zipfile.BadZipFile)


def main() -> int:
    """Print each problem, or that there is none."""
    parser = argparse.ArgumentParser(description="Comprueba un paquete de evidencia")
    parser.add_argument("pack", type=Path, nargs="?", default=Path(__file__).resolve().parent)
    parser.add_argument("--key", type=Path, help="la llave pública (PEM) de la entidad, obtenida por otro camino")
    parser.add_argument("--ledger", type=Path, help="la bitácora completa, si está a la mano")
    parser.add_argument("--previous", type=Path, help="el paquete de evidencia anterior")
    arguments = parser.parse_args()
    try:
        problems, notes = verify(arguments)
    except UNREADABLE as error:
        print(f"MAL: no se puede leer: {error}", file=sys.stderr)
        return 1
    for problem in problems[:TOLD]:
        print(f"MAL: {problem}", file=sys.stderr)
    for note in notes:
        print(note)
    known = "" if arguments.key else ", si la llave de arriba es la de la entidad"
    print("El paquete NO es el que se selló." if problems else f"BIEN: todo es como se selló{known}.")
    return 1 if problems else 0


def verify(arguments: argparse.Namespace) -> tuple:
    """Return the problems and what else is to be said."""
    files = Files(arguments.pack)
    sealed = read_json(files.read(SEALED))
    if set(sealed) != {"record", "signature"}:
        raise ValueError(f"{SEALED} tiene algo que nadie firmó")
    record = sealed["record"]
    if record["format"] != FORMAT:
        raise ValueError(f"es de otra versión que {FORMAT}")
    key = load_key(arguments.key.read_bytes() if arguments.key else files.read(KEY))
    name = hashlib.sha256(key).hexdigest()[:16]
    source = "dada con --key" if arguments.key else "del mismo paquete: compárela con la que publica la entidad"
    problems, notes = check_files(files, record), [f"Llave {name} ({source})"]
    problems += check_signature(record, sealed["signature"], key, SEALED)
    signed = [entry["name"] for entry in record["files"] if entry["signed"]]
    for entry in [name for name in signed if not problems]:
        manifest = read_json(files.read(entry))
        content = manifest.get("record") or {k: v for k, v in manifest.items() if k != "signature"}
        problems += check_signature(content, manifest["signature"], key, entry)
    notes.append(f"{len(record['files'])} archivos y {len(signed) + 1} firmas")
    if not problems:
        found, note = check_chain(files, record["ledger"], arguments.ledger)
        problems, notes = problems + found, [*notes, note]
    if arguments.previous:
        problems += check_previous(record["previous_pack"], arguments.previous)
    notes += [
        f"AVISO: al hacer el paquete faltaba: {one['what']} ({one['whose']}): {one['why']}" for one in record["missing"]
    ]
    return problems, notes


class Files:
    """The files of a pack: a zip file, or the folder that it was extracted into."""

    def __init__(self, path: Path) -> None:
        self.zip = None if path.is_dir() else zipfile.ZipFile(path)
        self.folder = path

    def names(self) -> list:
        """Return the names of all files."""
        if self.zip:
            return [name for name in self.zip.namelist() if not name.endswith("/")]
        return [path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()]

    def open(self, name: str):  # noqa: ANN201 - a stream of bytes
        """Open a file by its name."""
        return self.zip.open(name) if self.zip else (self.folder / name).open("rb")

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        with self.open(name) as stream:
            return stream.read()


def read_json(content: bytes) -> dict:
    """Read JSON in which no key is repeated: two readers must not see two meanings."""

    def refuse_repeats(pairs: list) -> dict:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("hay una clave repetida")
        return dict(pairs)

    return json.loads(content, object_pairs_hook=refuse_repeats)


def check_files(files: Files, record: dict) -> list:
    """Compare each file with what was sealed."""
    expected = {entry["name"]: entry for entry in record["files"]}
    there = files.names()
    problems = [f"{name!a} sobra: no se selló" for name in there if name not in expected and name != SEALED]
    problems += [f"{name!a} está dos veces" for name in set(there) if there.count(name) > 1]
    for name, entry in expected.items():
        if name not in there:
            problems.append(f"{name!a} falta")
            continue
        digest, size = hashlib.sha256(), 0
        with files.open(name) as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                size += len(block)
        if (digest.hexdigest(), size) != (entry["sha256"], entry["bytes"]):
            problems.append(f"{name!a} fue cambiado: tiene SHA-256 {digest.hexdigest()} y se selló {entry['sha256']}")
    return problems


def check_chain(files: Files, ledger: dict, path: Path | None) -> tuple:
    """Check that each shown line names the one before it and that the last is the head; return also what was seen."""
    number, previous, shown, problems = ledger["first"] - 1, None, 0, []
    whole = line_sums(path) if path else None
    with files.open(EXCERPT) as stream:
        for line in stream:
            entry, number = json.loads(line), number + 1
            withheld = set(entry) == {"n", "sha256"}
            if entry["n"] != number:
                problems.append(f"línea {number} de la bitácora: tiene el número {entry['n']}")
                break
            if not withheld and previous is not None and entry["previous"] != previous:
                problems.append(f"línea {number} de la bitácora: no continúa la anterior, o la anterior fue cambiada")
                break
            shown += not withheld
            previous = entry["sha256"] if withheld else hashlib.sha256(line.rstrip(b"\n")).hexdigest()
            if whole is not None and whole.get(number) != previous:
                problems.append(f"línea {number}: no es la de la bitácora que se dio")
                break
    if not problems and ledger["first"] and (number, previous) != (ledger["count"], ledger["sha256"]):
        problems.append("el extracto de la bitácora no llega hasta la cabeza que se selló")
    others = ledger["count"] - ledger["first"] + 1 - shown if ledger["first"] else 0
    note = (
        f"Bitácora: {shown} líneas completas, cada una encadenada con la anterior; de {others} de otros, solo la suma"
    )
    return problems, note + (", iguales a las de la bitácora completa" if whole is not None and not problems else "")


def line_sums(path: Path) -> dict:
    """Return the SHA-256 of each line of a whole ledger, which must be a chain."""
    sums, head = {}, "0" * 64
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if json.loads(line)["previous"] != head:
                raise ValueError(f"línea {number} de la bitácora completa: no continúa la anterior")
            sums[number] = head = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return sums


def check_previous(known: dict | None, path: Path) -> list:
    """Check that an earlier pack is the one that this one names."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if known and known["sha256"] == found:
        return []
    return [
        f"el paquete anterior que se dio tiene SHA-256 {found}, y este dice {known['sha256'] if known else 'ninguno'}"
    ]


def check_signature(content: dict, signature: dict | None, key: bytes, name: str) -> list:
    """Return what is wrong with the signature of plain data."""
    if not signature:
        return [f"{name}: no está firmado"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    sound = is_signed(key, text, base64.b64decode(signature["value"], validate=True))
    return [] if sound else [f"{name}: la firma no corresponde a la llave"]


def load_key(pem: bytes) -> bytes:
    """Return the 32 bytes of a public key in PEM."""
    der = base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")))
    if len(der) != len(DER) + 32 or not der.startswith(DER):
        raise ValueError("la llave pública no es Ed25519")
    return der[len(DER) :]


def is_signed(key: bytes, content: bytes, signature: bytes) -> bool:
    """Verify an Ed25519 signature (RFC 8032, section 5.1.7)."""
    public, point = decode(key), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or public is None or point is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + content).digest(), "little") % L
    y = 4 * pow(5, P - 2, P) % P
    left, right = times(scalar, (find_x(y, 0), y)), add(extended(point), times(challenge, public))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def find_x(y: int, sign: int) -> int | None:
    """Return the x of a point of the curve, ``None`` when there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def decode(text: bytes) -> tuple | None:
    """Return the point that 32 bytes mean."""
    number = int.from_bytes(text, "little")
    y = number & (1 << 255) - 1
    x = find_x(y, number >> 255)
    return None if x is None or len(text) != 32 else (x, y)


def extended(point: tuple) -> tuple:
    """Return a point in the coordinates that are added without a division."""
    x, y = point
    return x, y, 1, x * y % P


def add(one: tuple, other: tuple) -> tuple:
    """Add two points."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: tuple) -> tuple:
    """Add a point to itself a number of times."""
    total, power = (0, 1, 1, 0), extended(point)
    while scalar:
        total = add(total, power) if scalar & 1 else total
        power, scalar = add(power, power), scalar >> 1
    return total


if __name__ == "__main__":
    sys.exit(main())
