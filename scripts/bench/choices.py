"""Names that a command line may hold; others are told by name. Under Python 3.6 too."""

import argparse


def one_of(allowed):
    def checked(name):
        if name not in allowed:
            raise argparse.ArgumentTypeError("{}: not among {}".format(name, ", ".join(allowed)))
        return name

    return checked


def some_of(allowed):
    """Names with commas between them, as a list."""
    return lambda text: [one_of(allowed)(name) for name in text.split(",")]
