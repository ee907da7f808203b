"""What was measured, and how it is shown."""

import math


class Figure:
    """One measured thing. `wanted` says in words what is aimed at; `good` whether it was reached (None: there is no aim)."""

    def __init__(self, name, value, unit="", wanted="", good=None, note=""):
        self.name, self.value, self.unit, self.wanted, self.good, self.note = name, value, unit, wanted, good, note

    def text(self):
        value = number(self.value)
        text = f"{value} {self.unit}".strip()
        if self.note:
            text += f" ({self.note})"
        return text + (" ✗" if self.good is False else "")

    def plain(self):
        each = {"value": self.value, "unit": self.unit, "wanted": self.wanted, "good": self.good, "note": self.note}
        return {name: value for name, value in each.items() if value not in ("", None)}


def number(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def at_most(name, value, unit, most, note="", wanted=None):
    good = value is not None and value <= most
    shown = "–" if value is None else value
    return Figure(name, shown, unit, wanted or f"≤ {number(most)} {unit}".strip(), good, note)


def must(name, value, wanted=True, note=""):
    return Figure(name, value, "", number(wanted), value == wanted, note)


def quantile(values, share):
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def statuses(answers):
    """`{201: 34, 503: 2}` as words."""
    counts = {}
    for answer in answers:
        counts[answer] = counts.get(answer, 0) + 1
    return ", ".join(f"{count} × {status}" for status, count in sorted(counts.items(), key=lambda each: str(each[0]))) or "none"


def table(columns, results):
    """`results`: attack → name of the figure → column → Figure."""
    header = ["attack", "figure", "wanted", *columns]
    rows = []
    for attack, figures in results.items():
        for name, by_column in figures.items():
            wanted = next((each.wanted for each in by_column.values() if each.wanted), "")
            cells = [by_column[column].text() if column in by_column else "" for column in columns]
            rows.append([attack, name, wanted, *cells])
    widths = [max(len(row[place]) for row in [header, *rows]) for place in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [header, *rows]]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
