"""A curve in a few bytes, which a notebook shows without a plotting library."""

import numpy as np

WIDTH, HEIGHT, POINTS = 360, 90, 180


def curve(x: np.ndarray, y: np.ndarray) -> str:
    """An SVG image of y over x, with the least and the greatest of both; on a logarithmic scale where y falls far.

    >>> curve(np.arange(3), np.array([4.0, 2.0, 1.0]))[:33]
    '<svg width="460" height="108" fon'
    """
    shown = np.isfinite(y)
    x, y = x[shown], y[shown]
    if len(y) < 2:
        return ""
    thinned = np.unique(np.linspace(0, len(y) - 1, POINTS).astype(int))
    x, y = x[thinned].astype(float), y[thinned].astype(float)
    heights = np.log(y) if y.min() > 0 and y.max() > 30 * y.min() else y
    places = zip(spread(x) * WIDTH, HEIGHT - spread(heights) * HEIGHT, strict=True)
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    words = [(WIDTH + 4, 10, f"{y.max():.4g}"), (WIDTH + 4, HEIGHT, f"{y.min():.4g}")]
    words += [(0, HEIGHT + 16, f"{x.min():.0f}"), (WIDTH - 30, HEIGHT + 16, f"{x.max():.0f}")]
    texts = "".join(f'<text x="{across}" y="{down}" fill="currentColor">{word}</text>' for across, down, word in words)
    return (
        f'<svg width="{WIDTH + 100}" height="{HEIGHT + 18}" font-size="11"><polyline points="{line}" fill="none" '
        f'stroke="currentColor"/>{texts}</svg>'
    )


def spread(values: np.ndarray) -> np.ndarray:
    """The values on a scale from 0 to 1."""
    return (values - values.min()) / max(np.ptp(values), 1e-30)
