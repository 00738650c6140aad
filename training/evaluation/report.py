"""Figures as a Markdown table for the model card."""

from collections.abc import Mapping, Sequence

from training.evaluation.speech import Figures

_Column = tuple[str, str, str]
SPEECH: Sequence[_Column] = (
    ("wer_chat", "WER chat", "percent"),
    ("wer_short", "WER 1-3 words", "percent"),
    ("wer_names", "WER names, numbers", "percent"),
    ("complete", "no word dropped or doubled", "percent"),
    ("length_least", "shortest / hibari's", "number"),
    ("length_most", "longest / hibari's", "number"),
    ("length_outliers", "outside 0.6-1.5", "count"),
    ("followed", "nearer to its own reference", "percent"),
    ("pitch_worst", "pitch, worst voice", "signed"),
    ("mos", "MOS", "number"),
    ("rtf", "RTF", "number"),
)
"""Key, heading and kind of each column."""
COPIES: Sequence[_Column] = (
    ("wer_chat", "WER chat", "percent"),
    ("stft_distance", "multi-resolution STFT distance", "number"),
)


def table(systems: Mapping[str, Figures], columns: Sequence[_Column]) -> str:
    """Return a Markdown table, one row a system; what was not measured is a dash."""
    lines = [
        "| system | " + " | ".join(heading for _, heading, _ in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name, figures in systems.items():
        cells = (_cell(figures.get(key), kind) for key, _, kind in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(value: float | str | None, kind: str) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    match kind:
        case "percent":
            return f"{100 * value:.1f} %"
        case "signed":
            return f"{100 * value:+.1f} %"
        case "count":
            return f"{value:.0f}"
        case _:
            return f"{value:.2f}"
