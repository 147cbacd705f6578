"""The demo: a SINFA case and a mailbox case, from their rows in the sheet to the proof, with the evidence shown.

Usage: ``scripts/demo [--home FOLDER] [--keep] [--size MB]``. Everything runs on this machine, in one folder.
``scripts/demo --stop --home FOLDER`` ends what ``--keep`` left running.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from copias_sandbox import world
from copias_sandbox.seed import cases
from copias_sandbox.seed.people import demo_requester

DEMO_CASE, MAILBOX_CASE = str(cases.DEMO_CASE), str(cases.MAILBOX_CASE)
ACCOUNT = demo_requester().email
COPIAS = Path(sys.executable).with_name("copias")
SCRIPTS = world.PROJECT / "scripts"


def main() -> int:
    """Run the demo and return its exit code."""
    options = _read_options()
    if options.stop:
        world.stop(Path(options.home))
        sys.stdout.write(f"Detenida. Los datos siguen en {options.home}; bórrelos cuando quiera.\n")
        return 0
    home = Path(options.home or tempfile.mkdtemp(prefix="copias-demo-")).absolute()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)  # the database server is another account when we are root
    try:
        _say("Arranca un Google Workspace de prueba y una base de datos PostgreSQL real")
        place = world.start(home, megabytes=options.size)
        _attend(place)
        _show_evidence(place)
        _attend_mailbox(place)
        _plan_night(place)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"\nLa demostración falló: {error}\n")
        return 1
    finally:
        if not options.keep:
            world.stop(home)
            if options.home is None:
                shutil.rmtree(home, ignore_errors=True)
    _say("Listo: los dos casos están resueltos con una copia probada")
    if options.keep:
        _say_how_to_go_on(place)
    return 0


def _read_options() -> argparse.Namespace:
    # Its words are in English, and its group of options and its --help are given in Spanish here.
    usage = "scripts/demo [--home CARPETA] [--keep | --stop] [--size MB]"
    about = "Un caso SINFA y uno de correo, de la fila a la prueba."
    argument_parser = argparse.ArgumentParser(prog="scripts/demo", usage=usage, description=about, add_help=False)
    parser = argument_parser.add_argument_group("opciones")
    parser.add_argument("-h", "--help", action="help", help="muestra esta ayuda")
    parser.add_argument("--home", metavar="CARPETA", help="carpeta donde queda todo; si no, una que se borra")
    parser.add_argument("--keep", action="store_true", help="deja todo en marcha para seguir probando")
    parser.add_argument("--stop", action="store_true", help="detiene lo que --keep dejó en marcha; pide --home")
    parser.add_argument("--size", type=int, default=20, metavar="MB", help="tamaño de la base de datos")
    options = argument_parser.parse_args()
    if options.stop and not options.home:
        argument_parser.error("--stop pide --home, la carpeta que se dio con --keep")
    return options


def _attend(place: world.World) -> None:
    _say("El caso, tal como llega en la hoja")
    query = f"cases[?number=='{DEMO_CASE}'] | [0]"
    _run(place, "copias", "cases", "--query", query)
    _say("Lo que haría, sin hacer nada")
    _run(place, "copias", "run", DEMO_CASE, "--check")
    _say("Se atiende: copia, almacena, relee, restaura, compara, registra, responde y resuelve")
    _run(place, "copias", "run", DEMO_CASE, "--yes")
    _say("Otra vez el mismo caso: no hay nada que hacer y no se hace otra copia")
    _run(place, "ansible-playbook", "playbooks/attend_case.yml", "-e", f"case={DEMO_CASE}")


def _show_evidence(place: world.World) -> None:
    _say("La historia del caso")
    _run(place, "copias", "show", DEMO_CASE)
    _say("Lo que quedó en la NAS")
    for path in sorted(place.nas.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            sys.stdout.write(f"  {path.stat().st_size:>12,}  {path.relative_to(place.nas)}\n")
    _say("La bitácora encadena, y un programa de 30 líneas sin este producto lo confirma")
    _run(place, "copias", "audit", "ledger")
    _run(place, sys.executable, str(SCRIPTS / "verify_ledger.py"), str(place.state / "ledger.jsonl"))
    _say("El paquete es el que se firmó, sin este producto")
    package = next(place.nas.rglob("*.zip"))
    trusted = place.state / "keys" / "signing.pem.pub"
    _run(place, sys.executable, str(SCRIPTS / "verify_package.py"), str(package), "--key", str(trusted))
    proof = orjson.loads(next(place.state.glob("copies/*/proof.json")).read_bytes())
    for table in proof["tables"]:
        verdict = "igual" if table["equal"] else "DISTINTA"
        sys.stdout.write(f"  {table['name']:<40} {table['rows']:>10} filas  {verdict}\n")


def _attend_mailbox(place: world.World) -> None:
    _say("Un caso de correo: se copia el buzón, se concilia, se empaqueta y queda en la unidad compartida")
    _run(place, "copias", "run", MAILBOX_CASE, "--yes")
    _say("Lo que quedó en la unidad compartida")
    drive = world.open_drive(place)
    for file in drive.list():
        sys.stdout.write(f"  {file.bytes:>12,}  {file.name}\n")
    _say("El paquete se verifica con nada más que el paquete, y se abre en cualquier computador")
    package = place.home / f"correo-{ACCOUNT}-{MAILBOX_CASE}.zip"
    for ending in ("", ".manifest.json"):
        name = next(file.name for file in drive.list() if file.name.endswith(package.name + ending))
        with drive.open(name) as stream:
            package.with_name(package.name + ending).write_bytes(stream.read())
    trusted = place.state / "keys" / "signing.pem.pub"
    _run(place, sys.executable, str(SCRIPTS / "verify_package.py"), str(package), "--key", str(trusted))
    _run(place, "copias", "package", "show", str(package))
    _say("Y lo que hay de esa cuenta")
    _run(place, "copias", "copies", "--account", ACCOUNT)


def _plan_night(place: world.World) -> None:
    _say("Y lo que cada noche haría sola, según las políticas del inventario: copias nightly lo hace")
    _run(place, "copias", "repository", "init", "nas_noches")
    _run(place, "copias", "nightly", "--plan")


def _run(place: world.World, program: str, *arguments: str) -> None:
    """Show a command and run it as an agent would."""
    shown = [Path(part).name if part.startswith("/") else part for part in (program, *arguments)]
    sys.stdout.write(f"$ {' '.join(shown)}\n")
    sys.stdout.flush()
    path = COPIAS.with_name(program) if "/" not in program else Path(program)
    # A service's account may have no home folder, where Ansible keeps its temporary files.
    environment = {**world.environment_of(place), "ANSIBLE_REMOTE_TEMP": str(place.home / "ansible")}
    subprocess.run([path, *arguments], check=True, cwd=world.PROJECT, env=environment)


def _say(text: str) -> None:
    sys.stdout.write(f"\n── {text} ──\n")
    sys.stdout.flush()


def _say_how_to_go_on(place: world.World) -> None:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in place.environment.items()]
    lines.append(f"export PATH={shlex.quote(str(COPIAS.parent))}:$PATH")
    file = place.home / "env.sh"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    home = shlex.quote(str(place.home))
    sys.stdout.write(f"Para seguir:    source {shlex.quote(str(file))} && copias cases\n")
    sys.stdout.write(f"Para detenerla: scripts/demo --stop --home {home}\n")


if __name__ == "__main__":
    sys.exit(main())
