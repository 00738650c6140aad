"""Words of chat that are alike in many languages."""

COUNTED = frozenset(
    {
        "abos", "abonnenten", "abonnés", "abonnements", "aufrufe", "damage", "dollars", "dólares",
        "euro", "euros", "followern", "followers", "follower", "fans", "gold", "habitantes",
        "habitants", "einwohner", "klicks", "likes", "menschen", "leute", "people", "personas",
        "personnes", "pesos", "points", "punkte", "puntos", "reproducciones", "seguidores",
        "spieler", "subs", "suscriptores", "usuarios", "utilisateurs", "viewers", "viewer", "views",
        "visitas", "hp", "xp", "dmg", "schaden", "daño", "dégâts", "pv", "vida", "vistas", "vues",
        "vus", "zuschauer", "zuschauern", "ventes", "ventas", "copies", "copias",
    }
)  # fmt: skip
"""Nouns behind which 1m and 1M are a million, 4K are four thousand."""
SCREENS = frozenset(
    {
        "auflösung", "bildschirm", "calidad", "caméra", "cam", "display", "écran", "gaming", "hdr",
        "imagen", "kamera", "monitor", "monitore", "pantalla", "qualité", "qualität", "stream",
        "streams", "tele", "tv", "uhd", "video", "videos", "vídeo", "vidéo", "vidéos", "webcam",
    }
)  # fmt: skip
"""Words behind 4k that make it a resolution."""
GAMES = frozenset(
    {
        "age", "arma", "battlefield", "bioshock", "borderlands", "civ", "civilization", "cod",
        "creed", "crysis", "diablo", "doom", "empires", "fallout", "fantasy", "ff", "forza", "gta",
        "hades", "halo", "hearts", "iphone", "kombat", "mario", "outlast", "payday", "persona",
        "portal", "quake", "rambo", "redemption", "rocky", "saw", "skate", "souls", "starcraft",
        "tekken", "theft", "titanfall", "uncharted", "warcraft", "witcher",
    }
)  # fmt: skip
"""Last words of games and films that roman numerals number."""
CARDS = frozenset({"arc", "geforce", "gtx", "quadro", "radeon", "rtx", "rx", "ryzen"})
"""Names of hardware whose four digits are said as two numbers."""
