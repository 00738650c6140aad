"""French."""

from bot.policy.speakable.tables.table import Table

FRENCH = Table(
    language="fr",
    minus="moins",
    to="à",
    percent="pour cent",
    currencies={
        "€": ("euro", "euros"), "EUR": ("euro", "euros"), "$": ("dollar", "dollars"),
        "USD": ("dollar", "dollars"), "CAD": ("dollar canadien", "dollars canadiens"),
        "£": ("livre", "livres"), "GBP": ("livre", "livres"), "¥": ("yen", "yens"),
        "JPY": ("yen", "yens"), "CHF": ("franc suisse", "francs suisses"),
    },
    cents={
        "€": ("centime", "centimes"), "EUR": ("centime", "centimes"), "$": ("cent", "cents"),
        "CHF": ("centime", "centimes"),
    },
    cents_after="{whole} et {cents}",
    units={
        "km": ("kilomètre", "kilomètres"), "m": ("mètre", "mètres"),
        "cm": ("centimètre", "centimètres"), "mm": ("millimètre", "millimètres"),
        "kg": ("kilo", "kilos"), "g": ("gramme", "grammes"), "l": ("litre", "litres"),
        "ml": ("millilitre", "millilitres"), "km/h": ("kilomètre heure", "kilomètres heure"),
        "h": ("heure", "heures"), "min": ("minute", "minutes"), "s": ("seconde", "secondes"),
        "sec": ("seconde", "secondes"), "fps": ("image par seconde", "images par seconde"),
        "go": ("giga", "gigas"), "mo": ("méga", "mégas"), "gb": ("giga", "gigas"),
        "mb": ("méga", "mégas"), "hz": ("hertz", "hertz"), "°c": ("degré", "degrés"),
        "°": ("degré", "degrés"), "ans": ("an", "ans"),
    },
    scales={"k": 1000, "m": 1_000_000, "md": 1_000_000_000},
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    date="{day} {month}",
    first_day="premier",
    clock="{hour} heures {minute}",
    full_hour="{hour} heures",
    ordinals=r"(?:ers?|ères?|res?|èmes?|emes?|nde?|es?)(?![^\W_])",
    feminine_ordinal=("premier", "première"),
    symbols={"&": "et", "+": "plus", "=": "égale", "×": "fois"},
    slang={
        "pk": "pourquoi", "pq": "pourquoi", "slt": "salut", "bjr": "bonjour", "bsr": "bonsoir",
        "stp": "s'il te plaît", "svp": "s'il vous plaît", "tkt": "t'inquiète",
        "jsp": "je sais pas", "tlm": "tout le monde", "bcp": "beaucoup", "ptn": "putain",
        "ajd": "aujourd'hui", "auj": "aujourd'hui", "qqn": "quelqu'un", "qqch": "quelque chose",
        "rdv": "rendez-vous", "mtn": "maintenant", "tjrs": "toujours", "tjr": "toujours",
        "jtm": "je t'aime", "cc": "coucou", "dsl": "désolé", "msg": "message", "bg": "beau gosse",
        "dac": "d'accord", "pb": "problème", "vrmt": "vraiment", "ouai": "ouais", "a+": "à plus",
    },
)  # fmt: skip
