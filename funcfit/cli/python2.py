"""What makes a program Python 2, line by line, and what to write instead."""

import re
from typing import NamedTuple

SYNTAX = [
    (r"(?:^|[:;])\s*print\s*>>", "print is a function: print(..., file=f)"),
    (r"(?:^|[:;])\s*print\s+[^\s=(.,)\]>]", "print is a function: print(...)"),
    (r"^\s*except\s+[\w.]+\s*,\s*\w+\s*:", "except X, e  is  except X as e"),
    (r"^\s*except\s*\(.*\)\s*,\s*\w+\s*:", "except (X, Y), e  is  except (X, Y) as e"),
    (r"(?:^|[:;])\s*raise\s+[\w.]+\s*,", 'raise X, "why"  is  raise X("why")'),
    (r"(?:^|[:;])\s*exec\s+[^\s(=.]", "exec is a function: exec(code, namespace)"),
    (r"`", "`x`  is  repr(x)"),
    (r"<>", "<>  is  !="),
    (r"(?i)\bur\"", 'ur"..."  is  r"..."'),
    (r"(?<![\w.])0+[1-7][0-7]*(?![\w.])", "0777  is  0o777"),
    (r"(?i)(?<![\w.])(?:0x[0-9a-f]+|\d+)l\b", "10L  is  10"),
    (r"\b(?:lambda|def\s+\w+)\s*\(?[^:()]*\([\w\s,]+\)\s*[,:)]", "a parameter cannot be a tuple: take it apart inside"),
    (r"(?<!\w)async\s*=|\.async\b", "async is a keyword: another name"),
]

NAMES = {
    "xrange": "range",
    "raw_input": "input",
    "unicode": "str",
    "basestring": "str",
    "unichr": "chr",
    "long": "int",
    "reduce": "functools.reduce",
    "execfile": "exec(open(path).read())",
    "cPickle": "pickle",
    "cStringIO": "io",
    "StringIO": "io",
    "ConfigParser": "configparser",
    "Queue": "queue",
    "Tkinter": "tkinter",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "izip": "zip",
    "imap": "map",
    "iteritems": "items()",
    "itervalues": "values()",
    "iterkeys": "keys()",
    "has_key": "key in d",
    "maxint": "sys.maxsize",
}
# Names that are Python 3 too, with another meaning or in another place, are no sign of Python 2.
USES = re.compile(r"\b(xrange|raw_input|unicode|basestring|unichr|execfile|cPickle|cStringIO|urllib2|izip|imap)\b"
                  r"|\.(iteritems|itervalues|iterkeys|has_key)\b")  # fmt: skip

# A string or a comment, at its start: what it says is not code.
TEXT = re.compile(
    r"'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*", re.S
)


class Finding(NamedTuple):
    line: int
    text: str
    change: str


def findings(source: str) -> list[Finding]:
    """Lines that Python 3 would not read or would not find a name for, if any of them is a matter of syntax.

    >>> for finding in findings("print 'loss', loss\\nfor i in xrange(3): pass"):
    ...     print(finding.line, finding.change)
    1 print is a function: print(...)
    2 xrange  is  range
    """
    code = TEXT.sub(blank, source)
    found, syntax = [], False
    for number, (line, text) in enumerate(zip(code.split("\n"), source.split("\n"), strict=True), start=1):
        changes = [change for pattern, change in SYNTAX if re.search(pattern, line)]
        syntax = syntax or bool(changes)
        names = dict.fromkeys(a or b for a, b in USES.findall(line))
        changes += [f"{name}  is  {NAMES[name]}" for name in names]
        found += [Finding(number, text.strip(), change) for change in changes]
    return found if syntax else []


def blank(match: re.Match) -> str:
    """A string emptied, a comment removed; the lines stay."""
    text = match.group()
    if text.startswith("#"):
        return ""
    return '""' if "\n" not in text else '"' + "\n" * text.count("\n") + '"'
