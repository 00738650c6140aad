"""German."""

from bot.policy.speakable.tables.table import Table

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip
_MASCULINE = (
    *_MONTHS, "Platz", "Versuch", "Tag", "Teil", "Boss", "Stream", "Account", "Liter", "Meter",
    "Monat", "Punkt", "Kill", "Win",
)  # fmt: skip
_NEUTER = (
    "Mal", "Spiel", "Level", "Jahr", "Kind", "Leben", "Kilo", "Game", "Video", "Team", "Tor",
    "Bier", "Handy", "Auto", "Match", "Set", "Stück", "Jahrhundert", "Pfund", "Glas", "Ziel",
)  # fmt: skip
"""Nouns that are counted off: "zweiter Platz", "erstes Mal"."""
_LABELS = frozenset(
    {
        "akt", "band", "ep", "episode", "etage", "folge", "gleis", "kanal", "kapitel", "klasse",
        "level", "lvl", "map", "mission", "nr", "nr.", "nummer", "part", "patch", "phase", "platz",
        "rang", "runde", "saison", "schritt", "season", "seite", "spieler", "staffel", "stage",
        "stufe", "teil", "tier", "update", "version", "welle", "zimmer", "zone", "v",
    }
)  # fmt: skip

GERMAN = Table(
    language="de",
    point_word="Punkt",
    million=("Millionen", "Millionen"),
    minus="minus",
    labels=_LABELS,
    to="bis",
    against="zu",
    percent="Prozent",
    currencies={
        "€": ("Euro", "Euro"), "EUR": ("Euro", "Euro"), "$": ("Dollar", "Dollar"),
        "USD": ("US-Dollar", "US-Dollar"), "£": ("Pfund", "Pfund"), "GBP": ("Pfund", "Pfund"),
        "¥": ("Yen", "Yen"), "JPY": ("Yen", "Yen"), "CHF": ("Franken", "Franken"),
        "PLN": ("Zloty", "Zloty"), "US$": ("Dollar", "Dollar"),
    },
    cents={
        "€": ("Cent", "Cent"), "EUR": ("Cent", "Cent"), "$": ("Cent", "Cent"),
        "£": ("Penny", "Pence"),
    },
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
        "fps": ("Bild pro Sekunde", "Bilder pro Sekunde"), "ms": ("Millisekunde", "Millisekunden"),
        "mg": ("Milligramm", "Milligramm"), "kb": ("Kilobyte", "Kilobyte"),
        "mbit": ("Megabit", "Megabit"), "gbit": ("Gigabit", "Gigabit"),
        "kbit": ("Kilobit", "Kilobit"), "mbps": ("Megabit pro Sekunde", "Megabit pro Sekunde"),
        "kbps": ("Kilobit pro Sekunde", "Kilobit pro Sekunde"),
        "gbps": ("Gigabit pro Sekunde", "Gigabit pro Sekunde"), "khz": ("Kilohertz", "Kilohertz"),
        "mhz": ("Megahertz", "Megahertz"), "ghz": ("Gigahertz", "Gigahertz"), "w": ("Watt", "Watt"),
        "kw": ("Kilowatt", "Kilowatt"), "kwh": ("Kilowattstunde", "Kilowattstunden"),
        "kcal": ("Kilokalorie", "Kilokalorien"), "mins": ("Minute", "Minuten"),
    },
    stopped=frozenset({"min", "std", "sek"}),
    powers={"2": ("Quadrat{}", "Quadrat{}"), "3": ("Kubik{}", "Kubik{}")},
    per="pro",
    per_units={
        "s": "Sekunde", "sek": "Sekunde", "sekunde": "Sekunde", "min": "Minute", "minute": "Minute",
        "h": "Stunde", "std": "Stunde", "stunde": "Stunde", "tag": "Tag", "woche": "Woche",
        "monat": "Monat", "jahr": "Jahr", "kg": "Kilo", "person": "Person", "stk": "Stück",
    },
    scales={
        "k": 1000, "tsd": 1000, "M": 1_000_000, "mio": 1_000_000, "mrd": 1_000_000_000,
    },
    months=_MONTHS,
    date="{day} {month}",
    day_is_ordinal=True,
    date_words=frozenset({"am", "vom", "zum", "bis", "ab", "seit", "dem", "den", "zwischen"}),
    hour_noun="Uhr",
    hour_after=frozenset({"um", "ab", "gegen"}),
    clock_after=frozenset({"um", "ab", "gegen", "bis", "vor", "von", "nach", "seit"}),
    and_time="und",
    clock="{hour} Uhr {minute}",
    full_hour="{hour} Uhr",
    ordinals=r"\.(?= [A-ZÄÖÜa-zäöü]|[A-ZÄÖÜ][a-zäöü]{2})",
    day_after=frozenset({"am", "der", "vom", "zum", "dem"}),
    ordinal_endings=dict.fromkeys(_MASCULINE, "r") | dict.fromkeys(_NEUTER, "s"),
    strong_after=frozenset({"ein", "mein", "dein", "sein", "ihr", "unser", "kein"}),
    weak_after=frozenset(
        {"der", "die", "das", "dieser", "diese", "dieses", "jeder", "jede", "jedes"}
    ),
    decade_after=frozenset({"die", "der", "den"}),
    er_forms={
        1: "einser", 2: "zweier", 3: "dreier", 7: "siebener", 100: "hunderter", 1000: "tausender",
    },
    times="{n}mal",
    times_part="{n} mal",
    by="mal",
    out_of="von",
    fractions={
        (1, 2): "ein halb", (1, 3): "ein Drittel", (2, 3): "zwei Drittel", (1, 4): "ein Viertel",
        (3, 4): "drei Viertel",
    },
    half_before=("ein halber", "eine halbe", "ein halbes"),
    and_half=("{n}einhalb", "{n}einhalb"),
    and_part="und",
    operators={
        "+": "plus", "-": "minus", "*": "mal", "x": "mal", "×": "mal", "/": "durch", ":": "durch",
        "÷": "durch", "=": "gleich",
    },
    power="hoch",
    numbered=_LABELS | {"weltkrieg", "buch", "gen"},
    kings=frozenset(
        {
            "friedrich", "heinrich", "karl", "leo", "louis", "ludwig", "otto", "papst", "wilhelm",
            "benedikt",
        }
    ),
    queens=frozenset({"elisabeth", "katharina"}),
    king_article=("der", "die"),
    wars=frozenset({"Weltkrieg", "Weltkriegs", "Weltkrieges"}),
    resolution="{n} K",
    version="Version",
    versioned=frozenset({"patch", "version", "update", "build", "minecraft", "v"}),
    telephones=r"0[1-9][0-9]{1,4}[ /-][0-9]{5,9}(?:[ -][0-9]{1,5}){0,2}"
    r"|01[5-7][0-9](?: [0-9]{2,4}){2,4}",
    before_noun={"eins": ("ein", "eine")},
    feminine="e",
    feminine_nouns=frozenset(
        {
            "million", "milliarde", "nacht", "person", "stadt", "hand", "frau", "mission",
            "version", "folge", "staffel", "chance", "art", "zahl", "antwort", "frage", "karte",
            "nachricht", "info", "uhrzeit", "map", "wahl", "cam", "tür", "position", "option",
            "aktion", "mark", "app",
        }
    ),
    other_nouns=frozenset(
        {
            "byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "name", "junge", "kollege",
            "ende", "auge", "interesse", "affe", "hase", "löwe", "kunde", "gedanke", "game",
            "franzose", "zombie", "deutsche", "skype", "update", "meme", "eine", "date", "image",
            "feature", "like", "gefühle",
        }
    ),
    no_nouns=frozenset(
        {
            "aber", "als", "also", "am", "an", "auch", "auf", "aus", "bei", "bis", "bitte", "da",
            "dann", "das", "dass", "dazu", "denn", "der", "die", "du", "er", "es", "für", "gegen",
            "gleich", "hat", "ich", "ihr", "im", "in", "ist", "ja", "kann", "kommt", "minus", "mit",
            "nach", "nein", "nicht", "noch", "nur", "ob", "oder", "ohne", "plus", "schon", "sie",
            "sind", "so", "und", "unter", "vom", "von", "vor", "vs", "war", "waren", "warum", "was",
            "weil", "wenn", "wer", "wie", "wir", "wird", "wo", "zu", "zum", "über", "um", "durch",
            "komma", "punkt",
        }
    ),
    years_by_hundreds=True,
    inflected_after=frozenset(
        {
            "am", "vom", "zum", "bis", "ab", "dem", "den", "beim", "im", "zur", "seit", "einem",
            "einen", "meinem", "meinen", "deinem", "deinen", "seinem", "seinen", "ihrem", "ihren",
            "diesem", "diesen", "des", "keinen", "jeden", "jedem", "euren", "eurem", "unseren",
            "unserem", "nächsten",
        }
    ),
    number_word="Nummer",
    label_words={
        "lvl": "Level", "lv": "Level", "nr": "Nummer", "n°": "Nummer",
        "kap": "Kapitel",
        "min.": "mindestens", "max": "maximal", "max.": "maximal", "mind.": "mindestens",
    },
    symbols={"&": "und", "+": "plus", "=": "gleich", "×": "mal"},
    slang={
        "kp": "kein Plan", "ka": "keine Ahnung", "vllt": "vielleicht", "vlt": "vielleicht",
        "iwie": "irgendwie", "iwas": "irgendwas", "hdl": "hab dich lieb",
        "mfg": "mit freundlichen Grüßen", "lg": "liebe Grüße", "zb": "zum Beispiel",
        "z.b.": "zum Beispiel", "wg": "wegen", "evtl": "eventuell", "bzw": "beziehungsweise",
        "usw": "und so weiter", "gn8": "gute Nacht", "n8": "Nacht", "schw": "schwer",
        "iwann": "irgendwann", "bb": "bis bald", "jmd": "jemand", "nix": "nichts", "ned": "nicht",
        "omg": "oh mein Gott", "gg": "gutes Spiel", "z. b.": "zum Beispiel", "wg.": "wegen",
        "d.h.": "das heißt", "u.a.": "unter anderem", "bzw.": "beziehungsweise",
        "usw.": "und so weiter", "ca": "circa", "ca.": "circa", "evtl.": "eventuell",
        "ggf": "gegebenenfalls", "ggf.": "gegebenenfalls", "inkl.": "inklusive",
        "vllt.": "vielleicht", "lvl": "Level", "u.s.w.": "und so weiter", "k.a.": "keine Ahnung",
        "k.p.": "kein Plan", "m.e.": "meines Erachtens", "o.ä.": "oder Ähnliches",
        "mind.": "mindestens", "jz": "jetzt", "jzt": "jetzt", "wmd": "was machst du",
    },
)  # fmt: skip
