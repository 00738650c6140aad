"""French."""

from bot.policy.speakable.tables.table import Table

_LABELS = frozenset(
    {
        "acte", "chapitre", "classe", "ep", "étape", "épisode", "game", "joueur", "level", "lvl",
        "manche", "map", "mission", "monde", "niveau", "numéro", "page", "part", "partie", "patch",
        "phase", "place", "rang", "round", "saison", "stage", "tier", "tome", "tour", "update", "v",
        "vague", "version", "volume", "zone", "top",
    }
)  # fmt: skip
_LETTERED = frozenset({"usb", "rang", "tier", "grade", "réseau", "type", "classe"})
"""Words before a single letter."""

FRENCH = Table(
    language="fr",
    point_word="point",
    minus="moins",
    to="à",
    labels=_LABELS,
    million=("million", "millions"),
    of_millions=(" de ", " d'"),
    one_below_two=True,
    percent="pour cent",
    currencies={
        "€": ("euro", "euros"), "EUR": ("euro", "euros"), "$": ("dollar", "dollars"),
        "USD": ("dollar", "dollars"), "CAD": ("dollar canadien", "dollars canadiens"),
        "£": ("livre", "livres"), "GBP": ("livre", "livres"), "¥": ("yen", "yens"),
        "JPY": ("yen", "yens"), "CHF": ("franc suisse", "francs suisses"),
    },
    cents={
        "€": ("centime", "centimes"), "EUR": ("centime", "centimes"), "$": ("cent", "cents"),
        "CHF": ("centime", "centimes"), "£": ("penny", "pence"),
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
        "°": ("degré", "degrés"), "ans": ("an", "ans"), "ms": ("milliseconde", "millisecondes"),
        "mg": ("milligramme", "milligrammes"), "to": ("téra", "téras"), "tb": ("téra", "téras"),
        "ko": ("kilo-octet", "kilo-octets"), "kb": ("kilobit", "kilobits"),
        "mbit": ("mégabit", "mégabits"), "gbit": ("gigabit", "gigabits"),
        "mbps": ("mégabit par seconde", "mégabits par seconde"),
        "gbps": ("gigabit par seconde", "gigabits par seconde"),
        "kbps": ("kilobit par seconde", "kilobits par seconde"), "khz": ("kilohertz", "kilohertz"),
        "mhz": ("mégahertz", "mégahertz"), "ghz": ("gigahertz", "gigahertz"),
        "w": ("watt", "watts"), "kw": ("kilowatt", "kilowatts"),
        "kwh": ("kilowattheure", "kilowattheures"), "kcal": ("kilocalorie", "kilocalories"),
        "j": ("jour", "jours"), "mn": ("minute", "minutes"),
        "mins": ("minute", "minutes"),
    },
    stopped=frozenset({"min", "sec"}),
    powers={"2": ("{} carré", "{} carrés"), "3": ("{} cube", "{} cubes")},
    per="par",
    per_units={
        "s": "seconde", "sec": "seconde", "seconde": "seconde", "min": "minute", "minute": "minute",
        "h": "heure", "heure": "heure", "j": "jour", "jour": "jour", "semaine": "semaine",
        "mois": "mois", "an": "an", "kg": "kilo", "personne": "personne",
    },
    scales={"k": 1000, "M": 1_000_000, "md": 1_000_000_000},
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    date="{day} {month}",
    first_day="premier",
    date_words=frozenset(
        {
            "le", "du", "au", "dès", "avant", "depuis", "lundi", "mardi", "mercredi", "jeudi",
            "vendredi", "samedi", "dimanche",
        }
    ),
    slash_dates=True,
    hour_noun="heure",
    one_hour="{hour} heure",
    clock="{hour} heures {minute}",
    full_hour="{hour} heures",
    ordinals=r"(?:ers?|ères?|res?|èmes?|emes?|nde?|es?)(?![^\W_])",
    feminine_ordinal=("premier", "première"),
    decade_after=frozenset({"les", "années", "des"}),
    times="{n} fois",
    times_part="{n} fois",
    by="fois",
    out_of="sur",
    fractions={
        (1, 2): "un demi", (1, 3): "un tiers", (2, 3): "deux tiers", (1, 4): "un quart",
        (3, 4): "trois quarts",
    },
    half_before=("un demi", "une demi", ""),
    and_half=("{n} et demi", "{n} et demie"),
    and_part="et",
    operators={
        "+": "plus", "-": "moins", "*": "fois", "x": "fois", "×": "fois", "/": "divisé par",
        ":": "divisé par", "÷": "divisé par", "=": "égale",
    },
    size_by="par",
    power="puissance",
    numbered=_LABELS | {"livre", "gen"},
    century=frozenset({"siècle", "siècles"}),
    kings=frozenset(
        {
            "louis", "henri", "charles", "philippe", "napoléon", "françois", "pie", "léon",
            "benoît", "guillaume",
        }
    ),
    queens=frozenset({"élisabeth", "elizabeth", "catherine"}),
    last_ordinal_king=1,
    resolution="{n} K",
    version="version",
    versioned=frozenset({"patch", "version", "update", "maj", "build", "minecraft", "v"}),
    before_noun={"un": ("un", "une")},
    feminine=("tion", "ssion", "ette", "ance", "ence", "née", "aine", "ande"),
    feminine_nouns=frozenset(
        {
            "finale", "heure", "minute", "seconde", "milliseconde", "image", "livre", "fois",
            "personne", "partie", "game", "vie", "chose", "place", "tonne", "vidéo", "ligne",
            "page", "balle", "arme", "équipe", "victoire", "défaite", "nuit", "kilocalorie", "map",
            "idée", "clé", "bière", "étoile", "carte", "pièce", "manche", "vue", "saison", "tête",
            "femme", "fille", "voiture", "main", "réponse", "bombe", "kilowattheure", "file",
            "série", "musique", "blague", "pause", "porte", "ville",
        }
    ),
    other_nouns=frozenset({"silence", "bastion", "squelette", "capitaine", "domaine"}),
    no_nouns=frozenset(
        {
            "à", "ah", "alors", "au", "aussi", "avec", "c'est", "ça", "car", "contre", "dans", "de",
            "des", "donc", "du", "elle", "en", "encore", "est", "et", "il", "j'ai", "je", "la",
            "le", "les", "mais", "moi", "non", "on", "ou", "oui", "par", "pas", "pour", "puis",
            "quand", "que", "qui", "sans", "si", "sur", "tu", "vs", "était", "sont", "virgule",
            "point", "million", "millions",
        }
    ),
    number_word="numéro",
    label_words={
        "lvl": "niveau", "lv": "niveau", "niv": "niveau", "n°": "numéro",
        "num": "numéro", "chap": "chapitre",
    },
    short_words={
        "c": (
            "c'est",
            frozenset(
                {
                    "koi", "quoi", "pas", "trop", "le", "la", "les", "un", "une", "mon", "ton",
                    "son", "ma", "ta", "bon", "mort", "fini", "cool", "bien", "nul", "vrai", "ça",
                    "qui", "quand", "où", "comment", "moi", "toi", "lui", "chaud", "parti", "dur",
                    "fou", "drôle", "beau", "clair", "sûr", "normal", "tout", "très", "super",
                    "plus", "l", "d", "ouf", "abusé", "génial", "parfait", "quel", "quelle", "pour",
                    "grave", "tellement", "vraiment", "dommage",
                }
            ),
            frozenset(
                {"le", "un", "en", "langage", "vitamine", "vitamines", "plan", "touche", "lettre"}
            )
            | _LETTERED,
        ),
        "t": (
            "t'es",
            frozenset(
                {
                    "où", "ou", "ki", "qui", "un", "une", "trop", "pas", "là", "sûr", "nul", "fort",
                    "mort", "bon", "chaud", "en", "sérieux", "malade", "fou", "le", "la", "mauvais",
                    "plus", "sympa", "beau", "belle", "cool", "qu", "con", "génial", "incroyable",
                }
            ),
            frozenset({"le", "un", "lettre", "touche"}),
        ),
        "g": (
            "j'ai",
            frozenset(
                {
                    "pas", "rien", "plus", "trop", "vu", "perdu", "gagné", "fini", "eu", "dit",
                    "fait", "mal", "faim", "peur", "oublié", "raté", "cru", "pris", "déjà",
                    "jamais", "le", "la", "un", "une", "besoin", "envie", "hâte", "failli",
                    "rigolé", "compris", "tout", "mis", "joué",
                }
            ),
            frozenset({"le", "un", "point", "touche", "lettre"}) | _LETTERED,
        ),
        "ds": (
            "dans",
            frozenset({"le", "la", "les", "l", "un", "une", "ma", "mon", "ta", "ton", "cette"}),
            frozenset({"la", "ma", "nintendo"}),
        ),
    },
    symbols={"&": "et", "+": "plus", "=": "égale", "×": "fois"},
    slang={
        "pk": "pourquoi", "pq": "pourquoi", "slt": "salut", "bjr": "bonjour", "bsr": "bonsoir",
        "stp": "s'il te plaît", "svp": "s'il vous plaît", "tkt": "t'inquiète", "jsp": "je sais pas",
        "tlm": "tout le monde", "bcp": "beaucoup", "ptn": "putain", "ajd": "aujourd'hui",
        "auj": "aujourd'hui", "qqn": "quelqu'un", "qqch": "quelque chose", "rdv": "rendez-vous",
        "mtn": "maintenant", "tjrs": "toujours", "tjr": "toujours", "jtm": "je t'aime",
        "cc": "coucou", "dsl": "désolé", "msg": "message", "bg": "beau gosse", "dac": "d'accord",
        "pb": "problème", "vrmt": "vraiment", "ouai": "ouais", "a+": "à plus",
        "jpp": "j'en peux plus", "tjs": "toujours", "pcq": "parce que", "pck": "parce que",
        "psk": "parce que", "tt le monde": "tout le monde", "tt": "tout", "audi tt": "audi tt",
        "c koi": "c'est quoi",
        "c pk": "c'est pourquoi", "qd": "quand", "b1": "bien", "2m1": "demain",
        "a2m1": "à demain", "koi": "quoi", "koi29": "quoi de neuf", "lvl": "niveau",
        "oklm": "au calme", "osef": "on s'en fout", "tkl": "tranquille", "nn": "non",
    },
)  # fmt: skip
