"""Nothing that a file or an answer holds commands the terminal of who looks at it."""

from __future__ import annotations

from copias.cli.output import print_error, print_facts, print_table
from copias.errors import BadInput


def test_errors_tables_and_their_titles_hold_no_control_characters(capsys) -> None:
    evil = "x\x1b]0;pwned\x07 [red]y[/nada]"

    print_error(BadInput("no se entiende", whose=evil, why=evil, repair=evil))
    print_table(evil, ["a"], [[evil]])
    print_facts(evil, [("a", evil)])

    said = capsys.readouterr()
    assert "pwned" in said.out
    assert "pwned" in said.err
    assert not {"\x1b", "\x07"} & set(said.out + said.err)
    assert "[/nada]" in said.out
