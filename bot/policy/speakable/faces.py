"""Class emoticon: faces and hearts drawn with characters, laughter of other languages."""

import re

_EYES = "[:;=8xXB]"
_FACE = re.compile(
    r"(?<![^\s>])(?:"
    r"(?!:[0-5][0-9] (?:left|remaining|to go)|=> ?[-+$€£]?[0-9])"
    r"[<>}]?[:;=][-'^~oc]?[)(\]\[DPpOo3/\\|*}{cSsXx$@0>L]+(?![A-Za-z0-9])"  # :) ;-D =P :3
    r"|[<>]?[:;=]'[-]?[()](?![A-Za-z0-9])"  # :'(
    r"|[8B][-']?[)D](?![A-Za-z0-9])"  # 8) B)
    r"|[xX][Dd]+(?![A-Za-z0-9])"  # xD
    r"|[)(\]\[]+[-']?[:;=](?![A-Za-z0-9])"  # (:
    r"|\^[_.\-o]*\^;*|[-oOTtXxuU0QqnN>=][_.,]+[-oOTtXxuU0QqnN<=]"
    r"(?![A-Za-z0-9])"  # ^_^ T_T X.X u_u =_=
    r"|[oO0]/|\\[oO0]/?|o7(?![A-Za-z0-9])|;[_-]+;|>[_.]+<|-[_.]+-;*|=[_.]*=;*|'[_]+'|@[_.]+@"
    r"|[*][_.]+[*]|\$[_.]\$"
    r"|[QT][AWwDdAaOo][QT](?![A-Za-z])|[uUoO][wW][uUoO](?=[:;]3)"
    r"|m[_.]+m(?![A-Za-z])|d[-_.]b|\\m/|orz(?![A-Za-z])|OTL(?![A-Za-z])|<\(['\"^_.-]+\)>?"
    r")(?=[.,!?]*(?:\s|$)|[:;][)(DP3])"
)
_BRACKETED = re.compile(
    r"(?<!\S)[\\dmo]?\( ?(?:\^[_.o-]?\^o?|_ ?_|-_{1,3}-|>[_.]<|=_=|;_{1,3};"
    r"|[TtoOxXuUQq0]_{1,3}[TtoOxXuUQq0]"
    r"|[TtoOxXuUQq][.][TtoOxXuUQq]) ?\)[/bmov]?(?![^\W_])"
)
"""Faces in brackets of ASCII alone: (T_T), m(_ _)m."""
_HEART = re.compile(
    r"(?:(?<!\S)|(?<=[A-Za-z3] )|(?<=3)|(?<=[A-Za-z]))(?P<broken></3+)|(?<![\w=-])<3+(?![0-9.]"
    r"|[kKmM%])|(?<=[A-Za-z0-9])<3+(?!\w)|♥️?|❤️?|♡"
)
_ARMS = "ノﾉヽ╯╰づつっ⊂⊃ᕕᕗᕙ٩۶щψ彡☆★ﾟ゜・｡。~〜︵ლ凸ง"
_KAOMOJI = re.compile(
    rf"[{_ARMS}]{{0,3}}[(（ʕ][^()（）ʕʔ]{{1,14}}[)）ʔ][{_ARMS}]{{0,3}}|[^\x00-\x7f\s\w]"
    rf"[_.][^\x00-\x7f\s\w]|[ಠ][_.]?[ಠ]"
)
_DRAWN = re.compile(r"[^\x00-\x7f]")
_SHRUG = re.compile(
    r"[¯‾~\\]{0,2}[\\_\-]{0,2}\s?[(（][^()（）]{1,12}[)）]\s?[_\-]{0,2}[/\\~]?[¯‾~]?"
)
_FLIP = re.compile(
    r"\(╯[^)]{0,8}\)╯?\s?[︵﹏⌒ノ╯]*\s?┻*[━─]*┻*|┬─+┬\s?(?:ノ|ﾉ)?\s?\([^)]{0,10}\)?|[┻┳┬][━─]+[┻┳┬]"
)
_ART = re.compile(r"[\u2500-\u259f\u25a0-\u25ff\u2800-\u28ff]{2,}")
_LAUGHTER = re.compile(
    r"(?<![^\s])(?P<thai>5{2,}\++)(?=[.,!?]*(?:\s|$))|\A(?P<fives>5{3,})\Z|"
    r"(?<![^\s])(?P<many>5{5,}|5{4}(?= (?:so|that|this|you|omg|lol|what|he|she|they|it|the|i)\b))"
    r"(?=[.,!?]*(?:\s|$))|(?P<korean>[ㅋㅎ\u110f\u1112]{2,})|"
    r"(?<![\w])(?P<grass>[wｗ]{3,}|草+)(?![\w.])"
    r"|\A(?P<clap>8{3,})\Z|(?<![\w])(?P<russian>[ахАХ]{4,})(?!\w)|"
    r"(?<![\w])(?P<portuguese>[kK]{3,})(?!\w)|[ㅠㅜ\u1172\u116e]+"
)
_SLIPPED = re.compile(r"(?<=[A-Za-z])!+1[!1]*(?![^\W_])")
"""Shouting of somebody who lets go of the shift key."""
_MAYBE = re.compile(
    r"[^A-Za-z0-9 .,!?'\"]|[xX][dD]|\.[oOTXxuU]|[8B]\)|o7|orz|OTL|5{3}|8{3}|!1|[wWkK]{3}"
    r"|[QT][AwWoOdD][QT]"
)
_SOUNDS = {
    "thai": "haha",
    "fives": "haha",
    "many": "hahaha",
    "grass": "haha",
    "clap": "clap clap clap",
    "russian": "haha",
    "portuguese": "haha",
    "korean": "haha",
}


def say_faces(text: str, *, hearts: str = "heart") -> str:
    """Return `text` without faces; hearts are `hearts`, laughter that is written otherwise "haha".

    The shapes are those of https://en.wikipedia.org/wiki/List_of_emoticons.
    """
    if _MAYBE.search(text) is None:
        return text
    if not text.isascii():
        text = _FLIP.sub(" ", text)
        text = _KAOMOJI.sub(_drawn, text)
        text = _SHRUG.sub(_drawn, text)
        text = _ART.sub(" ", text)
    elif "(" in text:
        text = _SHRUG.sub(" ", text) if "\\_(" in text else text
        text = _BRACKETED.sub(" ", text)
    text = _HEART.sub(lambda m: f" broken {hearts} " if m["broken"] else f" {hearts} ", text)
    text = _FACE.sub(" ", text)
    text = _SLIPPED.sub("!", text)
    return _LAUGHTER.sub(_laughter, text)


def _drawn(match: re.Match[str]) -> str:
    """Leave out what is drawn with other than letters; a remark in brackets stays."""
    drawing = match[0]
    strange = sum(
        (not c.isascii() and not c.isalpha()) or c in "°ʖʕʔツ益ωдДロ皿ಠಥᵔᴖᴗᴥ" for c in drawing
    )
    return " " if strange else drawing


def _laughter(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind is None:
        return " "
    return _SOUNDS[kind]
