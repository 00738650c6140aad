"""Currencies: words for their signs, codes and names."""

from typing import NamedTuple


class Currency(NamedTuple):
    """Words of a currency: one, more than one, and those of its parts."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


_DOLLAR = Currency("dollar", "dollars", "cent", "cents")
EURO = Currency("euro", "euros", "cent", "cents")
_POUND = Currency("pound", "pounds", "penny", "pence")
_YEN = Currency("yen", "yen")
_KRONE = Currency("krone", "kroner", "øre", "øre")
_KRONA = Currency("krona", "kronor", "öre", "öre")


def _dollars(country: str) -> Currency:
    return Currency(f"{country} dollar", f"{country} dollars", "cent", "cents")


SIGNS = {
    "$": _DOLLAR, "€": EURO, "£": _POUND, "¥": _YEN, "₿": Currency("bitcoin", "bitcoins"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"), "₩": Currency("won", "won"),
    "₽": Currency("ruble", "rubles", "kopek", "kopeks"),
    "₺": Currency("lira", "lira", "kurush", "kurush"),
    "₱": Currency("peso", "pesos", "centavo", "centavos"),
    "฿": Currency("baht", "baht", "satang", "satang"), "₫": Currency("dong", "dong"),
    "₴": Currency("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₦": Currency("naira", "naira", "kobo", "kobo"),
    "₪": Currency("shekel", "shekels", "agora", "agorot"), "₡": Currency("colon", "colones"),
    "₲": Currency("guarani", "guaranis"), "₸": Currency("tenge", "tenge"),
    "₾": Currency("lari", "lari"), "₼": Currency("manat", "manat"),
    "₵": Currency("cedi", "cedis"), "₭": Currency("kip", "kip"), "¢": Currency("cent", "cents"),
}  # fmt: skip
"""Currencies by their signs."""
CODES = {
    "USD": _dollars("US"), "EUR": EURO, "GBP": _POUND, "JPY": _YEN, "CAD": _dollars("Canadian"),
    "AUD": _dollars("Australian"), "NZD": _dollars("New Zealand"), "HKD": _dollars("Hong Kong"),
    "SGD": _dollars("Singapore"), "TWD": _dollars("Taiwan"), "JMD": _dollars("Jamaican"),
    "MXN": Currency("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "ARS": Currency("Argentine peso", "Argentine pesos", "centavo", "centavos"),
    "CLP": Currency("Chilean peso", "Chilean pesos"),
    "COP": Currency("Colombian peso", "Colombian pesos"),
    "UYU": Currency("Uruguayan peso", "Uruguayan pesos"),
    "DOP": Currency("Dominican peso", "Dominican pesos"),
    "PHP": Currency("Philippine peso", "Philippine pesos", "centavo", "centavos"),
    "PEN": Currency("sol", "soles"), "BRL": Currency("real", "reais", "centavo", "centavos"),
    "INR": SIGNS["₹"], "KRW": SIGNS["₩"], "RUB": SIGNS["₽"], "TRY": SIGNS["₺"],
    "THB": SIGNS["฿"], "VND": SIGNS["₫"], "UAH": SIGNS["₴"], "NGN": SIGNS["₦"],
    "ILS": SIGNS["₪"], "CRC": SIGNS["₡"], "PYG": SIGNS["₲"], "KZT": SIGNS["₸"],
    "GEL": SIGNS["₾"], "AZN": SIGNS["₼"], "GHS": SIGNS["₵"],
    "SEK": Currency("Swedish krona", "Swedish kronor"),
    "NOK": Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": Currency("Danish krone", "Danish kroner"),
    "ISK": Currency("Icelandic krona", "Icelandic kronur"),
    "PLN": Currency("zloty", "zlotys", "grosz", "groszy"),
    "CZK": Currency("Czech koruna", "Czech korunas"), "HUF": Currency("forint", "forints"),
    "RON": Currency("Romanian leu", "Romanian lei"), "BGN": Currency("lev", "leva"),
    "CHF": Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": Currency("yuan", "yuan"), "RMB": Currency("yuan", "yuan"),
    "IDR": Currency("rupiah", "rupiah"), "MYR": Currency("ringgit", "ringgit", "sen", "sen"),
    "SAR": Currency("Saudi riyal", "Saudi riyals"), "AED": Currency("dirham", "dirhams"),
    "QAR": Currency("Qatari riyal", "Qatari riyals"),
    "KWD": Currency("Kuwaiti dinar", "Kuwaiti dinars"),
    "EGP": Currency("Egyptian pound", "Egyptian pounds"),
    "MAD": Currency("Moroccan dirham", "Moroccan dirhams"), "ZAR": Currency("rand", "rand"),
    "KES": Currency("Kenyan shilling", "Kenyan shillings"),
    "PKR": Currency("Pakistani rupee", "Pakistani rupees"),
    "BTC": Currency("bitcoin", "bitcoin"), "ETH": Currency("ethereum", "ethereum"),
    "DOGE": Currency("dogecoin", "dogecoin"), "SOL": Currency("solana", "solana"),
}  # fmt: skip
"""Currencies by their codes (ISO 4217)."""
NAMES = {
    "kr": Currency("krona", "kronor"), "zł": CODES["PLN"], "zl": CODES["PLN"],
    "kč": CODES["CZK"], "ft": CODES["HUF"], "lei": CODES["RON"], "rs": SIGNS["₹"],
    "sek": CODES["SEK"], "nok": CODES["NOK"], "dkk": CODES["DKK"],
    "p": Currency("penny", "pence"),
}  # fmt: skip
"""Currencies by what is written behind an amount, in lower case."""
PREFIXES = {
    "US": CODES["USD"], "USD": CODES["USD"], "CA": CODES["CAD"], "CAD": CODES["CAD"],
    "C": CODES["CAD"], "CDN": CODES["CAD"], "A": CODES["AUD"], "AU": CODES["AUD"],
    "AUD": CODES["AUD"], "NZ": CODES["NZD"], "NZD": CODES["NZD"], "HK": CODES["HKD"],
    "HKD": CODES["HKD"], "S": CODES["SGD"], "SG": CODES["SGD"], "R": CODES["BRL"],
    "MX": CODES["MXN"], "MXN": CODES["MXN"], "NT": CODES["TWD"], "AR": CODES["ARS"],
    "ARS": CODES["ARS"], "CLP": CODES["CLP"], "COL": CODES["COP"], "J": CODES["JMD"],
}  # fmt: skip
"""Letters before a dollar sign."""
ONLY_CAPITALS = frozenset(
    {
        "TRY", "PEN", "COP", "MAD", "SOL", "RON", "PHP", "GEL", "ARS", "SAR", "ALL", "ISK",
    }
)  # fmt: skip
"""Codes that are English words when they are written small."""
SMALL = frozenset(
    {
        "usd", "eur", "gbp", "cad", "aud", "jpy", "brl", "inr", "mxn", "chf", "btc", "eth",
    }
)  # fmt: skip
"""Codes that are also read before a number when they are written small."""
PER = {
    "yr": "year", "year": "year", "y": "year", "mo": "month", "month": "month", "mth": "month",
    "m": "month", "wk": "week", "week": "week", "w": "week", "day": "day", "d": "day",
    "hr": "hour", "hour": "hour", "h": "hour", "min": "minute", "sec": "second",
    "person": "person", "head": "head", "each": "each", "kg": "kilogram", "lb": "pound",
    "gb": "gigabyte", "sub": "sub", "ea": "each", "pc": "piece", "unit": "unit", "night": "night",
    "game": "game", "ticket": "ticket", "month.": "month", "user": "user", "oz": "ounce",
    "l": "liter", "gal": "gallon", "kwh": "kilowatt hour", "pp": "person",
}  # fmt: skip
"""Words behind a slash: $5/mo."""
AGAIN = {
    "dollar": frozenset({"dollar", "dollars", "bucks", "usd"}), "euro": frozenset({"euro",
    "euros"}),
    "pound": frozenset({"pound", "pounds", "quid"}), "yen": frozenset({"yen"}),
    "rupee": frozenset({"rupee", "rupees"}), "won": frozenset({"won"}),
    "peso": frozenset({"peso", "pesos"}), "ruble": frozenset({"ruble", "rubles", "roubles"}),
    "bitcoin": frozenset({"bitcoin", "bitcoins"}),
}  # fmt: skip
"""Words that name a currency once more behind an amount with its sign: $5 dollars."""
