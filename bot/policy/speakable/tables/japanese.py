"""Japanese: numbers in kanji, which its engines read."""

from bot.policy.speakable.tables.table import Table

JAPANESE = Table(
    language="ja",
    group=",",
    mark=".",
    minus="マイナス",
    to="から",
    against="対",
    percent="パーセント",
    currencies={
        "¥": ("円", "円"), "JPY": ("円", "円"), "$": ("ドル", "ドル"), "USD": ("ドル", "ドル"),
        "€": ("ユーロ", "ユーロ"), "EUR": ("ユーロ", "ユーロ"), "£": ("ポンド", "ポンド"),
    },
    units={
        "km": ("キロメートル", "キロメートル"), "m": ("メートル", "メートル"),
        "cm": ("センチ", "センチ"), "kg": ("キロ", "キロ"), "g": ("グラム", "グラム"),
        "fps": ("フレーム毎秒", "フレーム毎秒"), "gb": ("ギガ", "ギガ"),
        "mb": ("メガ", "メガ"), "°c": ("度", "度"), "°": ("度", "度"), "hp": ("体力", "体力"),
    },
    scales={"k": 1000},
    months=tuple(f"{n}月" for n in "一 二 三 四 五 六 七 八 九 十 十一 十二".split()),  # noqa: SIM905 - as they are counted
    date="{month}{day}日",
    clock="{hour}時{minute}分",
    full_hour="{hour}時",
    is_spaced=False,
    symbols={"&": "と", "+": "プラス", "=": "イコール", "×": "かける"},
)  # fmt: skip
