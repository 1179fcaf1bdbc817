import pytest

from funcfit.cli.python2 import findings

# (line, what the report mentions)
LINES = [
    ("print 'a', b", "print(...)"),
    ("if x: print x", "print(...)"),
    ("print >>sys.stderr, x", "file="),
    ("    except IOError, e:", "except X as e"),
    ("except (IOError, OSError), e:", "except (X, Y) as e"),
    ("raise ValueError, 'no'", "raise X("),
    ("exec code in scope", "exec(code"),
    ("s = `x`", "repr(x)"),
    ("if a <> b: pass", "!="),
    ("p = ur'\\d'", 'r"..."'),
    ("mode = 0644", "0o777"),
    ("big = 10L", "10"),
    ("f = lambda (a, b): a", "tuple"),
    ("def f(x, (a, b)): pass", "tuple"),
    ("run(async=True)", "keyword"),
]


@pytest.mark.parametrize(("line", "mention"), LINES, ids=[line for line, _ in LINES])
def test_each_change_is_found_with_its_line(line, mention):
    (finding,) = findings("import sys\n" + line + "\n")
    assert (finding.line, finding.text) == (2, line.strip())
    assert mention in finding.change


@pytest.mark.parametrize(
    "line",
    [
        "print('a', b)",
        "print(x) or y",
        "s = 'print x <> y 10L'",
        "# print x",
        "'''doc\nprint x\n'''",
        "x = 0x1F + 10 + 0.5 + 1e3 + 00",
        "except_ion = raise_it(a, b)",
        "f = lambda x, y: (x, y)",
        "printer = 3",
    ],
)
def test_python_3_is_left_alone(line):
    assert findings(line) == []


def test_names_are_reported_beside_syntax_but_are_no_sign_by_themselves():
    assert findings("for i in xrange(3): pass") == []
    found = findings("for i in xrange(3):\n    print i")
    assert [(f.line, f.change.split()[0]) for f in found] == [(1, "xrange"), (2, "print")]
