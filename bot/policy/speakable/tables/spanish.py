"""Spanish."""

from bot.policy.speakable.tables.table import Table

SPANISH = Table(
    language="es",
    minus="menos",
    to="a",
    mark_words=("punto", "coma"),
    percent="por ciento",
    currencies={
        "€": ("euro", "euros"), "EUR": ("euro", "euros"), "$": ("dólar", "dólares"),
        "USD": ("dólar", "dólares"), "£": ("libra", "libras"), "GBP": ("libra", "libras"),
        "¥": ("yen", "yenes"), "JPY": ("yen", "yenes"), "R$": ("real", "reales"),
        "BRL": ("real", "reales"), "MXN": ("peso mexicano", "pesos mexicanos"),
        "ARS": ("peso argentino", "pesos argentinos"), "CLP": ("peso chileno", "pesos chilenos"),
        "COP": ("peso colombiano", "pesos colombianos"), "PEN": ("sol", "soles"),
    },
    cents={
        "€": ("céntimo", "céntimos"), "EUR": ("céntimo", "céntimos"), "$": ("centavo", "centavos"),
        "USD": ("centavo", "centavos"), "MXN": ("centavo", "centavos"),
        "R$": ("centavo", "centavos"),
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
    },
    scales={"k": 1000, "mil": 1000, "m": 1_000_000},
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
    date="{day} de {month}",
    of_year=" de ",
    first_day="primero",
    clock="{hour} y {minute}",
    full_hour="{hour} en punto",
    ordinals=r"\.?(?:[ºª]|er|[rdtmvn]?[oa])(?![^\W_])",
    feminine_ordinal=("o", "a"),
    before_noun={"veintiuno": ("veintiún", "veintiuna"), "uno": ("un", "una")},
    feminine="a",
    symbols={"&": "y", "+": "más", "=": "igual a", "×": "por"},
    slang={
        "q": "que", "xq": "porque", "pq": "porque", "porq": "porque", "tmb": "también",
        "tb": "también", "tqm": "te quiero mucho", "tkm": "te quiero mucho", "dnd": "donde",
        "xfa": "por favor", "porfa": "por favor", "msj": "mensaje", "bn": "bien", "x": "por",
        "k": "que", "d": "de", "grax": "gracias", "salu2": "saludos", "finde": "fin de semana",
        "ntp": "no te preocupes", "npi": "ni idea",
    },
)  # fmt: skip
