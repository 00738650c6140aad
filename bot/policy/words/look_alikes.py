"""Look-alikes: letters of other scripts that look like those of Latin.

Most are those of Unicode's confusables (UTS #39); the tables hold what occurs in chat, mapped to
lower-case Latin.
"""

# ruff: noqa: RUF001 - letters that look alike are the point

_SINGLE = str.maketrans(
    {
        alike: latin
        for latin, alikes in {
            "a": "аαɑᴀɐ∂ªΛλ",
            "b": "βвьъЬʙɓƀƃвɃƄƅ",
            "c": "сϲςᴄƈȼɔ¢©",
            "d": "ԁɗđᴅðɖƌ",
            "e": "еєεɛᴇǝəɘҽэ€",
            "f": "ғƒꜰſϝ",
            "g": "ɡɢցɠǥԍ",
            "h": "нһհʜħɦηԋ",
            "i": "іιıɪɨɩӏїίϊ¡",
            "j": "јϳʝᴊɉ",
            "k": "кκᴋƙқҡĸҟ",
            "l": "ʟłɭƚℓḷ£",
            "m": "мᴍɱμ",
            "n": "пηɴŋɲƞиո",
            "o": "оοøσᴏօөөӧ¤",
            "p": "рρᴘƥþ",
            "q": "ԛզɋգꞯ",
            "r": "гᴦʀɍɾяɼ®",
            "s": "ѕꜱʂş§",
            "t": "тτᴛŧƭț†‡",
            "u": "υսᴜцʋµùԱ",
            "v": "νѵᴠʌ",
            "w": "ԝωшщᴡɯѡ",
            "x": "хχжӽҳ",
            "y": "уүγʏƴүўɏ¥",
            "z": "ᴢʐƶζ",
        }.items()
        for alike in alikes
    }
)
_ALPHABETS = (
    # Cherokee, Lisu, Coptic, letters of Armenian, and the syllables of Canada, of which pages that
    # draw lines make letters. What they make of Chinese is left out: who blocks a word of Chinese
    # means Chinese.
    ("abcdeghijklmprstvwyz", "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ"),
    ("abcdefghijklmnoprstuvwxyz", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ"),
    ("abcehiklmnoptxyz", "ⲁⲃⲥⲉⲏⲓⲕⲗⲙⲛⲟⲣⲧⲭⲩⲍ"),
    ("losuw", "Լօտսա"),
    ("abcdefghjklmnpqrsuvwxz", "ᗩᗷᑕᗪᗴᖴᘜᕼᒍᛕᒪᗰᑎᑭᑫᖇᔕᑌᐯᗯ᙭ᘔ"),
)
LOOK_ALIKES = _SINGLE | {
    ord(alike): latin
    for letters, alphabet in _ALPHABETS
    for latin, alike in zip(letters, alphabet, strict=True)
}
