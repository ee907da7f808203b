"""Sentences about what a client sees. Each is printed when it holds; the first that does not ends the program."""

import sys

# Objects of fixtures/demo/objects.json.
PILES = "bccea7b3-2e20-5ffb-83b4-8dabdb033e74"
PILES_TITLE = "Монтаж опор: буронабивные сваи"
NO_TITLE_RIGHT = "b229359e-2360-5f9a-aaa5-af5c40108673"
NO_TITLE_RIGHT_TITLE = "Выверить ведомость объёмов"
ANNA_SEES = 50
PASSWORD = "demo"


def check(sentence, actual, expected):
    """Says the sentence; ends the program when what is seen is not what is expected."""
    if actual != expected:
        sys.exit(f"NOT SO: {sentence}\n  seen:     {actual!r}\n  expected: {expected!r}")
    print(f"so it is: {sentence}")
