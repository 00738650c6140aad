"""Portuguese, as it is spoken in Brazil."""

from bot.policy.speakable.tables.table import Table

PORTUGUESE = Table(
    language="pt",
    minus="menos",
    to="a",
    percent="por cento",
    currencies={
        "R$": ("real", "reais"), "BRL": ("real", "reais"), "€": ("euro", "euros"),
        "EUR": ("euro", "euros"), "$": ("dólar", "dólares"), "USD": ("dólar", "dólares"),
        "£": ("libra", "libras"), "GBP": ("libra", "libras"), "¥": ("iene", "ienes"),
        "JPY": ("iene", "ienes"),
    },
    cents={
        "R$": ("centavo", "centavos"), "BRL": ("centavo", "centavos"),
        "€": ("cêntimo", "cêntimos"), "$": ("centavo", "centavos"),
    },
    cents_after="{whole} e {cents}",
    units={
        "km": ("quilômetro", "quilômetros"), "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"), "mm": ("milímetro", "milímetros"),
        "kg": ("quilo", "quilos"), "g": ("grama", "gramas"), "l": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"), "km/h": ("quilômetro por hora", "quilômetros por hora"),
        "h": ("hora", "horas"), "min": ("minuto", "minutos"), "s": ("segundo", "segundos"),
        "seg": ("segundo", "segundos"), "fps": ("quadro por segundo", "quadros por segundo"),
        "gb": ("giga", "gigas"), "mb": ("mega", "megas"), "tb": ("tera", "teras"),
        "hz": ("hertz", "hertz"), "°c": ("grau", "graus"), "°": ("grau", "graus"),
    },
    scales={"k": 1000, "mil": 1000, "mi": 1_000_000, "bi": 1_000_000_000},
    months=(
        "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
        "outubro", "novembro", "dezembro",
    ),
    date="{day} de {month}",
    of_year=" de ",
    first_day="primeiro",
    clock="{hour} e {minute}",
    full_hour="{hour} horas",
    ordinals=r"\.?(?:[ºª]|[oa])(?![^\W_])",
    feminine_ordinal=("o", "a"),
    before_noun={"um": ("um", "uma"), "dois": ("dois", "duas")},
    feminine="a",
    symbols={"&": "e", "+": "mais", "=": "igual a", "×": "vezes"},
    slang={
        "vc": "você", "vcs": "vocês", "q": "que", "pq": "porque", "tb": "também", "tbm": "também",
        "blz": "beleza", "obg": "obrigado", "vlw": "valeu", "flw": "falou", "mt": "muito",
        "mto": "muito", "msm": "mesmo", "cmg": "comigo", "ctg": "contigo", "hj": "hoje",
        "amnh": "amanhã", "n": "não", "nd": "nada", "td": "tudo", "tds": "todos",
        "pfv": "por favor", "pf": "por favor", "sdds": "saudades", "bjs": "beijos",
        "abs": "abraços", "oq": "o que", "cd": "cadê", "dps": "depois", "fds": "fim de semana",
        "tmj": "tamo junto", "rs": "risos", "cê": "você", "kd": "cadê", "gnt": "gente",
        "slk": "se loco",
    },
)  # fmt: skip
