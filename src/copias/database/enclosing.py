"""Set up the walls of :mod:`copias.database.confinement` around a program, and say which of them stand."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import typing as t
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from copias.database.account import as_account, unprivileged_account
from copias.database.confinement import READABLE
from copias.database.landlock import RESTRICT, landlock_version, made_rules, restricting
from copias.database.limiting import limit
from copias.database.system_calls import make_filter
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from copias.database.account import Account
    from copias.database.confinement import Confinement
    from copias.database.scratch_settings import ScratchSettings

PROGRAM: t.Final = "bwrap"
PACKAGE: t.Final = "bubblewrap"
PERL: t.Final = Path("/usr/bin/perl")
"""Part of every Debian; it sets up the inner wall, which bubblewrap cannot, and becomes the program."""
_ENTER: t.Final = f"""
my $rules = int shift;
open my $held, "<&=", $rules or die "Landlock: $!\\n";
syscall({RESTRICT}, $rules, 0) == 0 or die "Landlock: $!\\n";
close $held;
exec {{$ARGV[0]}} @ARGV or die "Landlock: $ARGV[0]: $!\\n";
"""
_USERS: t.Final = ("--unshare-user", "--disable-userns")
_OWN: t.Final = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    # Its end is that of all its children: the kernel sees to it.
    "--as-pid-1",
)
PROBE_SECONDS: t.Final = 30


class Enclosed(subprocess.Popen[bytes]):
    """A program behind bubblewrap's walls, seen from outside: the process that waits for it, and ends when it did."""

    def inside(self) -> int | None:
        """Return the number, outside, of the program's own process; ``None`` before it started or when it ended."""
        import psutil

        try:
            return next((child.pid for child in psutil.Process(self.pid).children()), None)
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True)
class Start:
    """How a program is started.

    Args:
        command: with the programs that set up its walls before it.
        descriptors: files that those inherit.
        restrict: what the child calls before it becomes the first of them.
        kind: of the process, as it is seen from outside.
    """

    command: tuple[str | os.PathLike[str], ...]
    descriptors: tuple[int, ...] = ()
    restrict: Callable[[], None] | None = None
    kind: type[subprocess.Popen[bytes]] = subprocess.Popen


@contextmanager
def enclosing(
    command: Sequence[str | os.PathLike[str]],
    wanted: Confinement | None,
    *,
    account: Account | None,
    launcher: Sequence[str],
) -> Iterator[Start]:
    """Yield how to start a program within all walls that this machine can set up; without any for ``None``.

    Args:
        command: the program and its arguments.
        wanted: what it may touch.
        account: whose it will be.
        launcher: what starts it where bubblewrap does not, which ends it with its parent itself.

    Raises:
        NotReady: the kernel has Landlock and refuses the rules.
    """
    if wanted is None:
        yield Start((*launcher, *command))
    elif find_fault(account):
        limits = limit(wanted.allowance, own_users=False)
        with made_rules(_let_run(wanted, launcher, limits)) as rules:
            restrict = None if rules is None else restricting(rules)
            yield Start((*launcher, *limits, *command), restrict=restrict)
    else:
        with _apart(command, wanted, account) as start:
            yield start


@contextmanager
def _apart(command: Sequence[str | os.PathLike[str]], wanted: Confinement, account: Account | None) -> Iterator[Start]:
    """Yield how to start a program behind bubblewrap, and Landlock inside of it."""
    part = _part(account)
    limits = limit(wanted.allowance, own_users=part is not _OWN)
    wanted = _let_run(wanted, limits)
    with ExitStack() as opened:
        walls, descriptors = _filter_calls(wanted, opened)
        inner: tuple[str, ...] = ()
        if _has_inner_wall() and (rules := opened.enter_context(made_rules(wanted))) is not None:
            inner = (str(PERL), "-e", _ENTER, str(rules))
            descriptors = (*descriptors, rules)
        network = () if wanted.ports or wanted.servers else ("--unshare-net",)
        root = _lay_out(wanted, *([PERL] if inner else []))
        walls = (_require_bubblewrap(account), *part, *network, *root, *walls, "--")
        yield Start((*walls, *inner, *limits, *command), descriptors, kind=Enclosed)


def _let_run(wanted: Confinement, *starters: Sequence[str]) -> Confinement:
    """Return the walls with what starts the program within them."""
    return replace(wanted, programs=(*wanted.programs, *(Path(starter[0]) for starter in starters if starter)))


def _part(account: Account | None) -> tuple[str, ...]:
    """Return the options that part a program of that account from everything else."""
    # Users of its own would cost root the way to files below folders of others. It starts no server as itself: only
    # programs that read a file, which have no capabilities and may make no users either.
    return _OWN if account is None and os.geteuid() == 0 else (*_USERS, *_OWN)


def _filter_calls(wanted: Confinement, opened: ExitStack) -> tuple[tuple[str, ...], tuple[int, ...]]:
    alone = wanted.allowance is not None
    content = make_filter(listens=bool(wanted.ports), connects=bool(wanted.servers), alone=alone)
    if not content:
        return (), ()
    descriptor = os.memfd_create("copias")
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return ("--seccomp", str(descriptor)), (descriptor,)


def _lay_out(wanted: Confinement, *more: Path) -> list[str]:
    """Return the options that make its root: what it may touch, at the same places, and nothing else."""
    shown = dict.fromkeys((*map(Path, READABLE), *wanted.reads, *wanted.programs, *more, Path(os.devnull)), "--ro-bind")
    # What a link means has to be there too, where nothing else shows it.
    shown |= dict.fromkeys((Path(os.path.realpath(path)) for path in list(shown)), "--ro-bind")
    shown |= dict.fromkeys(wanted.writes, "--bind")
    options: list[str] = []
    made: dict[Path, str] = {}
    for path in sorted(shown, key=lambda path: len(path.parts)):
        above = next((made[parent] for parent in path.parents if parent in made), "")
        if shown[path] != above and path.exists():
            made[path] = shown[path]
            # A device is one only where devices are allowed.
            options += ["--dev-bind" if path.is_char_device() else shown[path], str(path), str(path)]
    return [*options, "--remount-ro", "/"]


def _has_inner_wall() -> bool:
    return landlock_version() > 0 and PERL.exists()


def _require_bubblewrap(account: Account | None) -> str:
    """Return the program, which was seen to work for that account.

    Raises:
        NotReady: it is not there, or this machine does not let it set up its walls.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise NotReady(f"falta el programa {PROGRAM}", repair=f"instale el paquete {PACKAGE}")
    _try_out(program, account)
    return program


@functools.cache
def _try_out(program: str, account: Account | None) -> None:
    """Let it set up walls around itself; a failure is not remembered, and looked at again the next time.

    Raises:
        NotReady: this machine does not let it.
    """
    try:
        done = subprocess.run(
            [program, *_part(account), "--unshare-net", "--ro-bind", "/", "/", "--", program, "--version"],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
            cwd="/",
            **as_account(account),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _refused(getattr(error, "strerror", None) or str(error)) from error
    if done.returncode != 0:
        raise _refused(done.stderr.decode("utf-8", "replace").strip()[-200:] or f"terminó en {done.returncode}")


def _refused(why: str) -> NotReady:
    return NotReady(
        f"esta máquina no deja trabajar a {PROGRAM}",
        why=why,
        repair="permita los espacios de nombres de usuario (sysctl user.max_user_namespaces y "
        "kernel.unprivileged_userns_clone), o pruebe las copias en otra máquina",
    )


def find_fault(account: Account | None) -> NotReady | None:
    """Return why bubblewrap cannot stand around a program of that account; ``None`` when it can."""
    try:
        _require_bubblewrap(account)
    except NotReady as error:
        return error
    return None


def require_walls(settings: ScratchSettings) -> None:
    """Refuse to go on with less than the deployment demands.

    Raises:
        NotReady: it demands bubblewrap, and that cannot stand here around a server, or a program that reads a file.
    """
    fault = _find_any_fault() if settings.walls == "required" else None
    if fault is not None:
        raise NotReady(
            "lo que lee y restaura copias no se puede aislar como esta instalación exige",
            why=_say_why(fault),
            repair=fault.repair,
        )


def say_weakness() -> str:
    """Return, for people, that less than all walls stands around what reads and restores here; empty when all do."""
    fault = _find_any_fault()
    return "" if fault is None else f"Aislamiento de lo que leyó la entrega: {_say_walls(fault)}."


def say_confinement(*, network: bool = False) -> str:
    """Say in Spanish, for the evidence, what keeps a scratch server from the rest of this machine.

    Args:
        network: the server is reached by TCP, in this machine's network.
    """
    return _say_walls(find_fault(unprivileged_account()), network=network)


def _find_any_fault() -> NotReady | None:
    """Return why bubblewrap cannot stand around a server, or around a program of this account that reads a file."""
    return find_fault(unprivileged_account()) or find_fault(None)


def _say_walls(fault: NotReady | None, *, network: bool = False) -> str:
    version = landlock_version()
    if fault is None:
        inner = f" y Landlock {version}" if _has_inner_wall() else ""
        open_network = network and not make_filter(listens=True)
        return f"bubblewrap{inner}" + (", sin límite de red" if open_network and version < 4 else "")
    if not version:
        return f"ninguno: el núcleo de esta máquina no tiene Landlock y {_say_why(fault)}"
    return f"solo Landlock {version}" + ("" if version >= 4 else ", sin límite de red") + f" ({_say_why(fault)})"


def _say_why(fault: NotReady) -> str:
    return fault.what + (f": {fault.why}" if fault.why else "")
