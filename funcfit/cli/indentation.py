"""Programs copied from web pages that squeeze blanks: every indented line has one blank, however deep it was."""

import re
from typing import NamedTuple

OPENER = re.compile(r"(for|while|if|elif|else|with|try|except|finally|def|class)\b.*:\s*(#.*)?$")
CLAUSE = re.compile(r"(elif|else|except|finally)\b")
BOUND = re.compile(r"for\s+(.+?)\s+in\b|with\b.*\bas\s+(.+?)\s*:|while\s+(.+?)\s*:|def\s+\w+\s*\((.*)\)")


class Reading(NamedTuple):
    """The program with its depths put back, and a sentence on each place where a depth was chosen."""

    source: str
    choices: list[str]


def put_back(source: str) -> Reading | None:
    """The source with its indentation put back; None when it has kept it (a line has two blanks or a tab).

    A line that opens a block is followed by its body. How far a body goes has to be guessed where the page does not
    say: a loop goes to the last line that mentions what it loops over, anything else is one statement long.

    >>> print(put_back("with f() as s:\\n for i in x:\\n  g(i)"))
    None
    >>> print(put_back("with f() as s:\\n for i in x:\\n g(i)\\n if i:\\n h()\\n print(s)").source)
    with f() as s:
        for i in x:
            g(i)
            if i:
                h()
        print(s)
    """
    lines = source.split("\n")
    if any(re.match(r"  +\S|\t", line) for line in lines):
        return None
    depths, choices = [0] * len(lines), []
    start = 0
    while start < len(lines):
        stop = start + 1
        while stop < len(lines) and (lines[stop].startswith(" ") or not lines[stop].strip()):
            stop += 1
        block(lines, start + 1, stop, 1, depths, choices)
        start = stop
    return Reading(
        "\n".join("    " * d + line.strip() if line.strip() else "" for d, line in zip(depths, lines)), choices
    )


def block(lines, start, stop, depth, depths, choices):
    """Give lines start..stop, which stand in a block of this depth, their depths."""
    at = start
    while at < stop:
        depths[at] = depth
        text = lines[at].strip()
        if OPENER.match(text):
            end = body_end(lines, at, stop)
            choices.append(f"the body of line {at + 1} `{text}` has lost its indentation; taken to end at line {end}")
            block(lines, at + 1, end, depth + 1, depths, choices)
            at = end
        else:
            at += 1


def body_end(lines, opener, stop):
    """Where the body of the block opened at `opener` ends."""
    end = statement_end(lines, opener + 1, stop)
    match = BOUND.match(lines[opener].strip())
    names = re.findall(r"[A-Za-z_]\w*", next(filter(None, match.groups()), "")) if match else []
    mention = re.compile(r"\b(" + "|".join(names) + r")\b") if names else None
    last = max((n for n in range(end, stop) if mention and mention.search(lines[n])), default=None)
    return end if last is None else statement_end(lines, last, stop)


def statement_end(lines, start, stop):
    """The line after the first statement at or after `start`, with its own body and clauses if it opens a block."""
    at = start
    while at < stop - 1 and (not lines[at].strip() or lines[at].strip().startswith("#")):
        at += 1
    if at < stop and OPENER.match(lines[at].strip()):
        end = body_end(lines, at, stop)
        return statement_end(lines, end, stop) if end < stop and CLAUSE.match(lines[end].strip()) else end
    return min(at + 1, stop)
