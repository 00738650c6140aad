"""German."""

from bot.policy.speakable.tables.table import Table

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip
_MASCULINE = (*_MONTHS, "Platz", "Versuch", "Tag", "Teil", "Boss", "Stream")
_NEUTER = ("Mal", "Spiel", "Level")
"""Nouns that are counted off: "zweiter Platz", "erstes Mal"."""

GERMAN = Table(
    language="de",
    minus="minus",
    to="bis",
    against="zu",
    percent="Prozent",
    currencies={
        "€": ("Euro", "Euro"), "EUR": ("Euro", "Euro"), "$": ("Dollar", "Dollar"),
        "USD": ("US-Dollar", "US-Dollar"), "£": ("Pfund", "Pfund"), "GBP": ("Pfund", "Pfund"),
        "¥": ("Yen", "Yen"), "JPY": ("Yen", "Yen"), "CHF": ("Franken", "Franken"),
        "PLN": ("Zloty", "Zloty"),
    },
    cents={"€": ("Cent", "Cent"), "EUR": ("Cent", "Cent"), "$": ("Cent", "Cent")},
    cents_after="{whole} und {cents}",
    units={
        "km": ("Kilometer", "Kilometer"), "m": ("Meter", "Meter"),
        "cm": ("Zentimeter", "Zentimeter"), "mm": ("Millimeter", "Millimeter"),
        "kg": ("Kilogramm", "Kilogramm"), "g": ("Gramm", "Gramm"), "l": ("Liter", "Liter"),
        "ml": ("Milliliter", "Milliliter"),
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"), "h": ("Stunde", "Stunden"),
        "std": ("Stunde", "Stunden"), "min": ("Minute", "Minuten"), "s": ("Sekunde", "Sekunden"),
        "sek": ("Sekunde", "Sekunden"), "gb": ("Gigabyte", "Gigabyte"),
        "mb": ("Megabyte", "Megabyte"), "tb": ("Terabyte", "Terabyte"), "hz": ("Hertz", "Hertz"),
        "°c": ("Grad", "Grad"), "°": ("Grad", "Grad"),
        "fps": ("Bild pro Sekunde", "Bilder pro Sekunde"),
    },
    scales={"k": 1000, "tsd": 1000, "mio": 1_000_000, "mrd": 1_000_000_000},
    months=_MONTHS,
    date="{day} {month}",
    day_is_ordinal=True,
    clock="{hour} Uhr {minute}",
    full_hour="{hour} Uhr",
    ordinals=r"\.(?= [A-ZÄÖÜ])",
    ordinal_endings=dict.fromkeys(_MASCULINE, "r") | dict.fromkeys(_NEUTER, "s"),
    times="{n}mal",
    before_noun={"eins": ("ein", "eine")},
    feminine="e",
    years_by_hundreds=True,
    inflected_after=("am", "vom", "zum", "bis", "ab", "dem", "den", "beim", "im", "zur", "seit"),
    symbols={"&": "und", "+": "plus", "=": "gleich", "×": "mal"},
    slang={
        "kp": "kein Plan", "ka": "keine Ahnung", "vllt": "vielleicht", "vlt": "vielleicht",
        "iwie": "irgendwie", "iwas": "irgendwas", "hdl": "hab dich lieb",
        "mfg": "mit freundlichen Grüßen", "lg": "liebe Grüße", "zb": "zum Beispiel",
        "z.b.": "zum Beispiel", "wg": "wegen", "evtl": "eventuell", "bzw": "beziehungsweise",
        "usw": "und so weiter", "gn8": "gute Nacht", "n8": "Nacht", "schw": "schwer",
        "iwann": "irgendwann", "bb": "bis bald", "jmd": "jemand", "nix": "nichts", "ned": "nicht",
        "omg": "oh mein Gott", "gg": "gutes Spiel",
    },
)  # fmt: skip
