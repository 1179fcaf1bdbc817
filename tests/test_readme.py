"""The README's examples run, and its commands are the scripts."""

import re
from pathlib import Path

import pytest

from funcfit.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("number", [0, 1], ids=["functional", "session"])
def test_the_examples_find_the_line(number, tmp_path, capsys):
    program = tmp_path / "example.py"
    program.write_text(re.findall(r"```python\n(.*?)```", README, re.DOTALL)[number])
    assert main(["run", "--plots", str(tmp_path), str(program)]) == 0
    numbers = [float(n) for n in re.findall(r"\d+\.\d*", capsys.readouterr().out)]
    assert numbers == pytest.approx([3, 1], abs=1e-3)


def test_commands_and_links_are_there():
    for path in re.findall(r"^    bash (\S+)$|\]\((?!http)(.*?)\)", README, re.MULTILINE):
        assert (ROOT / "".join(path)).exists()
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("\nbash scripts/test.sh")
