import textwrap

import pytest

from funcfit.cli.indentation import put_back


def squeezed(source):
    """As a web page gives it: one blank for any number of blanks."""
    return "\n".join(" " + line.strip() if line[:1] == " " else line for line in source.split("\n"))


PROGRAMS = {
    "loop in a session": """
        with tf.Session() as sess:
            sess.run(init)
            for i in range(100):
                sess.run(step)
                if i % 10 == 0:
                    print(i)
            print("done")
    """,
    "blank lines and comments": """
        for i in range(3):
            # first
            a = i

            # then
            if a:
                b = i

        print(b)
    """,
    "clauses": """
        def f(x):
            if x:
                y = 1
            elif x is None:
                y = 2
            else:
                y = 3
            return y
    """,
    "loops in loops": """
        def f(rows):
            for row in rows:
                for cell in row:
                    total = cell
                    print(cell)
                print(row)
            return total
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_squeezed_programs_come_back(name):
    source = textwrap.dedent(PROGRAMS[name])
    assert put_back(squeezed(source)).source == source


def test_every_guess_is_told():
    reading = put_back("for a in b:\n for c in a:\n d(c)\n print(a)")
    assert reading.choices == ["the body of line 2 `for c in a:` has lost its indentation; taken to end at line 3"]


def test_a_source_with_deeper_indentation_has_kept_it():
    assert put_back("if a:\n  b()\nfor c in d:\n e()") is None
