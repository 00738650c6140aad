"""Units of measurement and their words: one, more than one."""

UNITS: dict[str, tuple[str, str]] = {
    # Length and area.
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "nm": ("nanometer", "nanometers"), "μm": ("micrometer", "micrometers"),
    "µm": ("micrometer", "micrometers"), "mi": ("mile", "miles"), "ft": ("foot", "feet"),
    "yd": ("yard", "yards"), "yds": ("yard", "yards"), "in": ("inch", "inches"),
    "ha": ("hectare", "hectares"), "ac": ("acre", "acres"),
    "sq km": ("square kilometer", "square kilometers"), "sq mi": ("square mile", "square miles"),
    "sq m": ("square meter", "square meters"), "sq in": ("square inch", "square inches"),
    "cu ft": ("cubic foot", "cubic feet"), "cu in": ("cubic inch", "cubic inches"),
    "cu m": ("cubic meter", "cubic meters"), "nmi": ("nautical mile", "nautical miles"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"), "mol": ("mole", "moles"),
    "kn": ("kilonewton", "kilonewtons"), "kgf": ("kilogram force", "kilograms force"),
    "lx": ("lux", "lux"), "pct": ("percent", "percent"),
    "mmhg": ("millimeter of mercury", "millimeters of mercury"),
    "mpg": ("mile per gallon", "miles per gallon"), "sq ft": ("square foot", "square feet"),
    "sqft": ("square foot", "square feet"), "sqm": ("square meter", "square meters"),
    "dm": ("decimeter", "decimeters"), "ly": ("light year", "light years"),
    "au": ("astronomical unit", "astronomical units"),
    # Mass and volume.
    "kg": ("kilogram", "kilograms"), "kgs": ("kilogram", "kilograms"), "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"), "µg": ("microgram", "micrograms"),
    "μg": ("microgram", "micrograms"), "mcg": ("microgram", "micrograms"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "l": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "cl": ("centiliter", "centiliters"), "dl": ("deciliter", "deciliters"),
    "gal": ("gallon", "gallons"), "tsp": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"), "qt": ("quart", "quarts"), "pt": ("pint", "pints"),
    "cc": ("CC", "CCs"), "fl oz": ("fluid ounce", "fluid ounces"),
    # Time.
    "ms": ("millisecond", "milliseconds"), "ns": ("nanosecond", "nanoseconds"),
    "μs": ("microsecond", "microseconds"), "µs": ("microsecond", "microseconds"),
    "s": ("second", "seconds"), "sec": ("second", "seconds"), "secs": ("second", "seconds"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "h": ("hour", "hours"),
    "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "d": ("day", "days"),
    "wk": ("week", "weeks"), "wks": ("week", "weeks"), "mo": ("month", "months"),
    "mos": ("month", "months"), "mth": ("month", "months"), "mths": ("month", "months"),
    "yr": ("year", "years"), "yrs": ("year", "years"), "y": ("year", "years"),
    "w": ("watt", "watts"),
    # Speed and frequency.
    "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmph": ("kilometer per hour", "kilometers per hour"),
    "m/s": ("meter per second", "meters per second"),
    "ppg": ("point per game", "points per game"),
    "fps": ("frame per second", "frames per second"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "bpm": ("beat per minute", "beats per minute"), "wpm": ("word per minute", "words per minute"),
    "dpi": ("DPI", "DPI"), "ppi": ("PPI", "PPI"), "mach": ("mach", "mach"),
    "kt": ("knot", "knots"), "hz": ("hertz", "hertz"), "khz": ("kilohertz", "kilohertz"),
    "mhz": ("megahertz", "megahertz"), "ghz": ("gigahertz", "gigahertz"),
    "thz": ("terahertz", "terahertz"),
    # Data.
    "b/s": ("byte per second", "bytes per second"), "kb": ("kilobyte", "kilobytes"),
    "mb": ("megabyte", "megabytes"), "gb": ("gigabyte", "gigabytes"),
    "tb": ("terabyte", "terabytes"), "pb": ("petabyte", "petabytes"),
    "kib": ("kibibyte", "kibibytes"), "mib": ("mebibyte", "mebibytes"),
    "gib": ("gibibyte", "gibibytes"), "tib": ("tebibyte", "tebibytes"),
    "gbs": ("gigabyte", "gigabytes"), "mbs": ("megabyte", "megabytes"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "mbps": ("megabit per second", "megabits per second"),
    "gbps": ("gigabit per second", "gigabits per second"),
    "bps": ("bit per second", "bits per second"), "px": ("pixel", "pixels"),
    "mp": ("megapixel", "megapixels"), "mpx": ("megapixel", "megapixels"),
    # Electricity, energy, sound, pressure.
    "kw": ("kilowatt", "kilowatts"), "mw": ("megawatt", "megawatts"),
    "gw": ("gigawatt", "gigawatts"), "kwh": ("kilowatt hour", "kilowatt hours"),
    "wh": ("watt hour", "watt hours"), "mwh": ("megawatt hour", "megawatt hours"),
    "v": ("volt", "volts"), "kv": ("kilovolt", "kilovolts"), "mv": ("millivolt", "millivolts"),
    "ma": ("milliamp", "milliamps"), "mah": ("milliamp hour", "milliamp hours"),
    "ah": ("amp hour", "amp hours"), "amp": ("amp", "amps"), "amps": ("amp", "amps"),
    "ω": ("ohm", "ohms"), "kj": ("kilojoule", "kilojoules"),
    "kcal": ("kilocalorie", "kilocalories"), "cal": ("calorie", "calories"),
    "cals": ("calorie", "calories"), "j": ("joule", "joules"),
    "nm torque": ("newton meter", "newton meters"), "db": ("decibel", "decibels"),
    "dba": ("decibel", "decibels"), "lufs": ("LUFS", "LUFS"), "hp": ("HP", "HP"),
    "bhp": ("BHP", "BHP"), "psi": ("PSI", "PSI"), "kpa": ("kilopascal", "kilopascals"),
    "pa": ("pascal", "pascals"), "hpa": ("hectopascal", "hectopascals"), "bar": ("bar", "bars"),
    "atm": ("atmosphere", "atmospheres"), "lm": ("lumen", "lumens"), "nits": ("nit", "nits"),
    "nit": ("nit", "nits"), "°": ("degree", "degrees"),
    "°c": ("degree Celsius", "degrees Celsius"), "°k": ("kelvin", "kelvin"),
    "°f": ("degree Fahrenheit", "degrees Fahrenheit"), "ºc": ("degree Celsius", "degrees Celsius"),
    "k°": ("kelvin", "kelvin"),
    # Points of games and markets.
    "pts": ("point", "points"), "pt.": ("point", "points"), "dmg": ("damage", "damage"),
    "pp": ("PP", "PP"), "kω": ("kiloohm", "kiloohms"), "%": ("percent", "percent"),
    "bps.": ("basis point", "basis points"), "rep": ("rep", "reps"), "lvl": ("level", "levels"),
    "ppl": ("person", "people"), "sub": ("sub", "subs"),
}  # fmt: skip
"""Words by the sign in lower case."""
EXACT: dict[str, tuple[str, str]] = {
    "Mb": ("megabit", "megabits"), "Gb": ("gigabit", "gigabits"), "Kb": ("kilobit", "kilobits"),
    "Mb/s": ("megabit per second", "megabits per second"),
    "Gb/s": ("gigabit per second", "gigabits per second"),
    "kb/s": ("kilobit per second", "kilobits per second"),
    "MBps": ("megabyte per second", "megabytes per second"),
    "GBps": ("gigabyte per second", "gigabytes per second"),
    "KBps": ("kilobyte per second", "kilobytes per second"), "Pa": ("pascal", "pascals"),
    "Nm": ("newton meter", "newton meters"), "Mbit": ("megabit", "megabits"), "Gbit": ("gigabit",
    "gigabits"),
    "Mbit/s": ("megabit per second", "megabits per second"),
    "Gbit/s": ("gigabit per second", "gigabits per second"), "mbit": ("megabit", "megabits"),
    "gbit": ("gigabit", "gigabits"),
}  # fmt: skip
"""Words by the sign as it is written, where upper and lower case differ."""
SPACED = frozenset({"g", "ω", "m", "s", "h", "l", "v", "w", "μm", "µm"})
"""Single letters that are units behind a space too, if small; others are words there."""
NOT_SPACED = frozenset(
    {
        "in", "d", "y", "w", "b", "pt", "mp", "ma", "ac", "pa", "bar", "hp", "sub", "rep", "amp",
        "mo", "pp", "au", "j", "ha", "mi", "k°", "cal", "pb", "kt", "mach", "ft.",
    }
)  # fmt: skip
"""Signs that are no units behind a space, where they are words or names."""
CAPITALS_DIFFER = frozenset({"g", "h", "s", "d", "y", "w", "v", "m", "j", "b"})
"""Signs that mean something else as capitals: 5G, 3D, 2H."""
LARGE = {"l": "L", "w": "W", "v": "V", "j": "J"}
"""Units that are written as capitals."""
PREFIXED = {"2": "square", "3": "cubic"}
"""Words for what a power makes of a length."""
PER = {
    "s": "second", "sec": "second", "second": "second", "h": "hour", "hr": "hour", "hour": "hour",
    "min": "minute", "minute": "minute", "m": "minute", "d": "day", "day": "day", "wk": "week",
    "week": "week", "mo": "month", "month": "month", "yr": "year", "year": "year",
    "in2": "square inch", "ft2": "square foot", "kg": "kilogram", "l": "liter", "ml": "milliliter",
    "lb": "pound", "g": "gram", "km": "kilometer", "mi": "mile", "m2": "square meter",
    "cal": "calorie", "gb": "gigabyte", "kwh": "kilowatt hour", "cm": "centimeter",
    "gal": "gallon", "person": "person", "game": "game", "sub": "sub", "frame": "frame",
    "night": "night", "set": "set", "side": "side", "serving": "serving",
}  # fmt: skip
"""Words behind a slash: 5 kg/day."""
