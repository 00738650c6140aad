"""Announcements in other languages than English, in which `policy.events` has them."""

from collections.abc import Mapping

from bot.messages import EventKind

ANNOUNCEMENTS: Mapping[str, Mapping[EventKind, str]] = {
    "de": {
        EventKind.CHEER: "{name} jubelt[ mit {amount:Bit|Bits}].",
        EventKind.DONATION: "{name} spendet[ {amount}].",
        EventKind.CHARITY: "{name} spendet[ {amount}] für den guten Zweck.",
        EventKind.SUB: "{name} hat gerade abonniert.",
        EventKind.RESUB: "{name} verlängert das Abo[, {amount:Monat|Monate} insgesamt].",
        EventKind.GIFT: "{name} verschenkt [{amount:Abo|Abos}|Abos].",
        EventKind.RAID: "{name} kommt im Raid[ mit {amount:Person|Personen}].",
        EventKind.POWER_UP: "{name} nutzt ein Power-up[ für {amount:Bit|Bits}].",
        EventKind.PURCHASE: "{name} kauft etwas im Shop.",
        EventKind.WATCH_STREAK: "{name} sah [{amount:Stream|Streams} in Folge|viele Streams].",
    },
    "es": {
        EventKind.CHEER: "{name} anima[ con {amount:bit|bits}].",
        EventKind.DONATION: "{name} envía [{amount}|una donación].",
        EventKind.CHARITY: "{name} dona[ {amount}] a la causa benéfica.",
        EventKind.SUB: "{name} se acaba de suscribir.",
        EventKind.RESUB: "{name} renueva la suscripción[, {amount:mes|meses} en total].",
        EventKind.GIFT: "{name} regala [{amount:suscripción|suscripciones}|suscripciones].",
        EventKind.RAID: "{name} llega en raid[ con {amount:persona|personas}].",
        EventKind.POWER_UP: "{name} usa una mejora[ de {amount:bit|bits}].",
        EventKind.PURCHASE: "{name} compra algo en la tienda.",
        EventKind.WATCH_STREAK: "{name} vio [{amount:directo|directos} seguidos|muchos directos].",
    },
    "fr": {
        EventKind.CHEER: "{name} encourage[ avec {amount:bit|bits}].",
        EventKind.DONATION: "{name} envoie [{amount}|un don].",
        EventKind.CHARITY: "{name} donne[ {amount}] pour la bonne cause.",
        EventKind.SUB: "{name} vient de s'abonner.",
        EventKind.RESUB: "{name} renouvelle son abonnement[, {amount:mois|mois} en tout].",
        EventKind.GIFT: "{name} offre [{amount:abonnement|abonnements}|des abonnements].",
        EventKind.RAID: "{name} arrive en raid[ avec {amount:personne|personnes}].",
        EventKind.POWER_UP: "{name} utilise un power-up[ de {amount:bit|bits}].",
        EventKind.PURCHASE: "{name} achète quelque chose à la boutique.",
        EventKind.WATCH_STREAK: "{name} a vu [{amount:stream|streams} de suite|plusieurs streams].",
    },
    "ja": {
        EventKind.CHEER: "{name}さんが[{amount:ビット|ビット}]チアしました。",
        EventKind.DONATION: "{name}さんから[{amount}|寄付]をいただきました。",
        EventKind.CHARITY: "{name}さんが[{amount}]チャリティーに寄付しました。",
        EventKind.SUB: "{name}さんがサブスクしました。",
        EventKind.RESUB: "{name}さんがサブスクを更新しました[、合計{amount:か月|か月}]。",
        EventKind.GIFT: "{name}さんが[{amount:件|件}の]サブスクをギフトしました。",
        EventKind.RAID: "{name}さんが[{amount:人|人}で]レイドしました。",
        EventKind.POWER_UP: "{name}さんが[{amount:ビット|ビット}の]パワーアップを使いました。",
        EventKind.PURCHASE: "{name}さんがショップで買い物をしました。",
        EventKind.WATCH_STREAK: "{name}さんが[{amount:回|回}連続で|何回も]視聴しました。",
    },
    "pt": {
        EventKind.CHEER: "{name} envia [{amount:bit|bits}|bits].",
        EventKind.DONATION: "{name} envia [{amount}|uma doação].",
        EventKind.CHARITY: "{name} doa[ {amount}] para a causa.",
        EventKind.SUB: "{name} acabou de se inscrever.",
        EventKind.RESUB: "{name} renova a inscrição[, {amount:mês|meses} no total].",
        EventKind.GIFT: "{name} dá [{amount:inscrição|inscrições}|inscrições] de presente.",
        EventKind.RAID: "{name} chega em raid[ com {amount:pessoa|pessoas}].",
        EventKind.POWER_UP: "{name} usa um power-up[ de {amount:bit|bits}].",
        EventKind.PURCHASE: "{name} compra algo na loja.",
        EventKind.WATCH_STREAK: "{name} viu [{amount:live|lives} seguidas|muitas lives].",
    },
}  # fmt: skip
"""Templates as in `policy.events`, by ISO 639-1 code."""
