"""Tables that bench scripts print, in Markdown."""

import statistics


def heads(*columns: str) -> None:
    print(f"| model | {' | '.join(columns)} |")
    print("|---|" + "---:|" * len(columns))


def spread(ratios):
    """The median, and in brackets the least and the most."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
