"""Spanish."""

from bot.policy.speakable.tables.table import Table

_LABELS = frozenset(
    {
        "acto", "capítulo", "clase", "ep", "episodio", "etapa", "fase", "jugador", "level", "lvl",
        "mapa", "misión", "mundo", "nivel", "número", "parche", "parte", "patch", "player",
        "página", "rango", "ronda", "season", "stage", "temporada", "tier", "tomo", "top", "update",
        "v", "versión", "volumen", "zona", "actualización",
    }
)  # fmt: skip

SPANISH = Table(
    language="es",
    minus="menos",
    to="a",
    mark_words=("punto", "coma"),
    point_word="punto",
    comma_thousands=True,
    million=("millones", "millones"),
    of_millions=(" de ", " de "),
    labels=_LABELS,
    percent="por ciento",
    currencies={
        "€": ("euro", "euros"), "EUR": ("euro", "euros"), "$": ("dólar", "dólares"),
        "USD": ("dólar", "dólares"), "£": ("libra", "libras"), "GBP": ("libra", "libras"),
        "¥": ("yen", "yenes"), "JPY": ("yen", "yenes"), "R$": ("real", "reales"),
        "BRL": ("real", "reales"), "MXN": ("peso mexicano", "pesos mexicanos"),
        "ARS": ("peso argentino", "pesos argentinos"), "CLP": ("peso chileno", "pesos chilenos"),
        "COP": ("peso colombiano", "pesos colombianos"), "PEN": ("sol", "soles"),
        "US$": ("dólar", "dólares"), "S/": ("sol", "soles"),
    },
    cents={
        "€": ("céntimo", "céntimos"), "EUR": ("céntimo", "céntimos"), "$": ("centavo", "centavos"),
        "USD": ("centavo", "centavos"), "MXN": ("centavo", "centavos"),
        "R$": ("centavo", "centavos"), "£": ("penique", "peniques"),
    },
    cents_after="{whole} con {cents}",
    units={
        "km": ("kilómetro", "kilómetros"), "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"), "mm": ("milímetro", "milímetros"),
        "kg": ("kilo", "kilos"), "g": ("gramo", "gramos"), "l": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"), "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "h": ("hora", "horas"), "min": ("minuto", "minutos"), "s": ("segundo", "segundos"),
        "seg": ("segundo", "segundos"), "fps": ("fotograma por segundo", "fotogramas por segundo"),
        "gb": ("giga", "gigas"), "mb": ("mega", "megas"), "tb": ("tera", "teras"),
        "hz": ("hercio", "hercios"), "°c": ("grado", "grados"), "°": ("grado", "grados"),
        "ms": ("milisegundo", "milisegundos"), "mg": ("miligramo", "miligramos"),
        "kb": ("kilobyte", "kilobytes"), "mbit": ("megabit", "megabits"),
        "mbps": ("megabit por segundo", "megabits por segundo"),
        "gbps": ("gigabit por segundo", "gigabits por segundo"),
        "kbps": ("kilobit por segundo", "kilobits por segundo"),
        "khz": ("kilohercio", "kilohercios"), "mhz": ("megahercio", "megahercios"),
        "ghz": ("gigahercio", "gigahercios"), "w": ("vatio", "vatios"),
        "kw": ("kilovatio", "kilovatios"), "kwh": ("kilovatio hora", "kilovatios hora"),
        "kcal": ("kilocaloría", "kilocalorías"), "hs": ("hora", "horas"), "hrs": ("hora", "horas"),
        "mins": ("minuto", "minutos"), "segs": ("segundo", "segundos"),
    },
    stopped=frozenset({"min", "seg", "hs", "hrs"}),
    powers={"2": ("{} cuadrado", "{} cuadrados"), "3": ("{} cúbico", "{} cúbicos")},
    per="por",
    per_units={
        "s": "segundo", "seg": "segundo", "segundo": "segundo", "min": "minuto", "minuto": "minuto",
        "h": "hora", "hora": "hora", "día": "día", "dia": "día", "semana": "semana", "mes": "mes",
        "año": "año", "kg": "kilo", "persona": "persona",
    },
    scales={"k": 1000, "mil": 1000, "M": 1_000_000},
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
    date="{day} de {month}",
    of_year=" de ",
    first_day="primero",
    date_words=frozenset(
        {
            "el", "del", "al", "día", "desde", "hasta", "lunes", "martes", "miércoles", "jueves",
            "viernes", "sábado", "domingo",
        }
    ),
    slash_dates=True,
    hour_noun="hora",
    clock="{hour} y {minute}",
    clock_after=frozenset({"las", "la", "a", "de", "desde", "hasta", "sobre"}),
    articles=("la", "las"),
    article_wanted=frozenset({"a", "de", "desde", "hasta", "entre", "sobre"}),
    half_hour="media",
    and_time="y",
    and_minutes="y",
    ordinals=r"\.?(?:[ºª]|er|[rdtmvn]?[oa])(?![^\W_])",
    feminine_ordinal=("o", "a"),
    short_ordinals={"primero": "primer", "tercero": "tercer"},
    decade_after=frozenset({"los", "años", "las"}),
    times="por {n}",
    times_part="por {n}",
    by="por",
    out_of="de",
    fractions={
        (1, 2): "un medio", (1, 3): "un tercio", (2, 3): "dos tercios", (1, 4): "un cuarto",
        (3, 4): "tres cuartos",
    },
    half_before=("medio", "media", ""),
    and_half=("{n} y medio", "{n} y media"),
    and_part="y",
    operators={
        "+": "más", "-": "menos", "*": "por", "x": "por", "×": "por", "/": "entre", ":": "entre",
        "÷": "entre", "=": "igual a",
    },
    power="elevado a",
    numbered=_LABELS | {"siglo", "siglos", "guerra", "libro", "gen"},
    centuries=frozenset({"siglo", "siglos"}),
    kings=frozenset(
        {
            "alfonso", "carlos", "felipe", "fernando", "luis", "enrique", "benedicto", "león",
            "pío", "napoleón",
        }
    ),
    queens=frozenset({"isabel", "catalina"}),
    last_ordinal_king=10,
    resolution="{n} ka",
    version="versión",
    versioned=frozenset(
        {"parche", "patch", "versión", "version", "update", "minecraft", "build", "v"}
    ),
    telephones=r"[679][0-9]{2} (?!000)[0-9]{3} [0-9]{3}|[679][0-9]{2}(?: [0-9]{2}){3}",
    before_noun={"veintiuno": ("veintiún", "veintiuna"), "uno": ("un", "una")},
    feminine=("a", "ción", "sión", "gión", "nión", "xión", "dad", "tud"),
    feminine_nouns=frozenset(
        {
            "vez", "veces", "noche", "clase", "parte", "mano", "gente", "calle", "llave", "muerte",
            "fuente", "tarde", "mujer", "red", "foto", "moto", "leche", "serie", "nave", "base",
            "kill", "misiones", "canciones", "mujeres", "opciones", "versiones",
            "cuestión", "gestión", "rebelión",
        }
    ),
    other_nouns=frozenset(
        {
            "día", "problema", "programa", "idioma", "sistema", "tema", "clima", "mapa", "planeta",
            "poema", "drama", "fotograma", "giga", "mega", "tera", "yoga", "camión", "camiones",
            "avión", "aviones", "panda", "karma", "pijama",
        }
    ),
    no_nouns=frozenset(
        {
            "a", "al", "ahora", "así", "aún", "con", "contra", "creo", "cuando", "de", "del", "el",
            "en", "entre", "era", "es", "está", "fue", "gracias", "hasta", "igual", "la", "las",
            "lo", "los", "menos", "mil", "más", "me", "no", "nos", "o", "para", "pero", "por",
            "porque", "pues", "que", "se", "si", "sin", "son", "sí", "tu", "tú", "u", "va", "vs",
            "y", "ya", "yo", "coma", "punto",
        }
    ),
    number_word="número",
    label_words={
        "lvl": "nivel", "lv": "nivel", "nro": "número", "num": "número", "n°": "número",
        "núm": "número", "cap": "capítulo",
    },
    symbols={"&": "y", "+": "más", "=": "igual a", "×": "por"},
    slang={
        "q": "que", "xq": "porque", "pq": "porque", "porq": "porque", "tmb": "también",
        "tb": "también", "tqm": "te quiero mucho", "tkm": "te quiero mucho", "dnd": "donde",
        "xfa": "por favor", "porfa": "por favor", "msj": "mensaje", "bn": "bien", "x": "por",
        "k": "que", "d": "de", "grax": "gracias", "salu2": "saludos", "finde": "fin de semana",
        "ntp": "no te preocupes", "npi": "ni idea", "to2": "todos", "a to2": "a todos",
        "ad+": "además", "p.ej.": "por ejemplo", "p. ej.": "por ejemplo", "lvl": "nivel",
        "ns": "no sé", "tq": "te quiero", "xk": "porque",
        "salu2s": "saludos",
    },
)  # fmt: skip
