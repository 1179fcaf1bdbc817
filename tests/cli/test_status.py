import io
import sys

from funcfit.cli.status import ERASE, Status, Watched, status_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_line_gives_way_to_what_the_program_prints():
    terminal = Terminal()
    status = Status("prog.py", terminal, patience=0)
    out = Watched(terminal, status)
    status.draw()
    out.write("hello\n")
    status.draw()
    line = "funcfit: prog.py is running, 0 s, 0 compilations"
    assert terminal.getvalue() == f"{ERASE}{line}{ERASE}hello\n{ERASE}{line}"


def test_an_unfinished_line_of_the_program_is_left_alone():
    terminal = Terminal()
    status = Status("prog.py", terminal, patience=0)
    Watched(terminal, status).write("loading ... ")
    status.draw()
    assert terminal.getvalue() == "loading ... "


def test_a_program_that_prints_is_not_interrupted():
    terminal = Terminal()
    status = Status("prog.py", terminal, patience=60)
    status.draw()
    assert terminal.getvalue() == ""


def test_there_is_no_line_where_output_goes_to_a_file(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", Terminal())
    with status_line("prog.py") as status:
        assert status is None


def test_streams_are_themselves_again_afterwards(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with status_line("prog.py"):
        assert sys.stdout.isatty()
        print("x")
    assert (sys.stdout, sys.stderr, out.getvalue()) == (out, err, "x\n")
