from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot.config import loads
from bot.config.chat.answers import PLAIN
from bot.config.chat.policy import VoiceSettings
from bot.errors import ConfigError
from bot.messages import Answer, ChatMessage, Chatter, EventKind, Role
from bot.policy.voices import VoiceChoice
from tests.policy.conftest import Kept

Make = Callable[..., ChatMessage]
KNOWN = {"alto", "bass", "bright", "heart", "tenor"}
SUBSCRIBER = frozenset({Role.SUBSCRIBER})


def choice(
    known: set[str] | None = KNOWN,
    kept: Kept | None = None,
    **settings: Any,  # noqa: ANN401 - raw configuration
) -> VoiceChoice:
    return VoiceChoice(
        VoiceSettings.model_validate(settings),
        default="heart",
        known=known,
        remembered=kept or Kept(),
    )


def told(answer: Answer) -> str:
    return PLAIN.text(answer)


def viewer(number: int = 1, roles: frozenset[Role] = frozenset()) -> Chatter:
    return Chatter(id=f"u{number}", name=f"viewer{number}", roles=roles)


def voice_of(voices: VoiceChoice, message: Make, chatter: Chatter) -> str:
    sent = message("hello", name=chatter.name, roles=chatter.roles)
    return voices(ChatMessage(**{f: getattr(sent, f) for f in sent.__struct_fields__} | {
        "chatter": chatter,
    }))  # fmt: skip


def test_the_channels_voice_is_the_default(message: Make) -> None:
    assert choice()(message()) == "heart"


def test_the_pool_gives_each_chatter_one_voice_for_ever(message: Make) -> None:
    pool = ["alto", "bass", "tenor"]
    before = [voice_of(choice(pool=pool), message, viewer(n)) for n in range(300)]
    assert before == [voice_of(choice(pool=pool), message, viewer(n)) for n in range(300)]
    counts = Counter(before)
    assert set(counts) == set(pool)
    assert min(counts.values()) > 70

    after = [voice_of(choice(pool=[*pool, "bright"]), message, viewer(n)) for n in range(300)]
    assert {new for old, new in zip(before, after, strict=True) if new != old} == {"bright"}


def test_a_chatter_chooses_sees_and_gives_back(message: Make) -> None:
    kept = Kept()
    voices = choice(kept=kept, pool=["alto"])
    assert told(voices.choose(viewer(), "")) == (
        "your voice is alto; choose from: alto, bass, bright, heart, tenor"
    )
    assert told(voices.choose(viewer(), "BASS")) == "your voice is bass from now on"
    assert voice_of(voices, message, viewer()) == "bass"
    assert voice_of(voices, message, viewer(2)) == "alto"
    assert kept("voice") == {"u1": "bass"}
    assert told(voices.choose(viewer(), "default")) == "your voice is alto again"
    assert kept("voice") == {}


@pytest.mark.parametrize("name", ["nobody", "../../etc", "<script>", "h e a r t", "ha" * 500])
def test_an_unknown_voice_is_not_repeated_in_the_answer(name: str) -> None:
    answer = told(choice().choose(viewer(), name))
    assert answer == "there is no such voice; choose from: alto, bass, bright, heart, tenor"


def test_only_what_is_offered_can_be_chosen() -> None:
    voices = choice(offered=["bass", "gone"])
    assert told(voices.choose(viewer(), "alto")) == "there is no such voice; choose from: bass"
    assert told(choice(offered=[]).choose(viewer(), "x")) == (
        "there is no such voice; there is none to choose"
    )


def test_a_voice_may_need_a_role_and_goes_with_it(message: Make) -> None:
    voices = choice(roles={"bright": "subscriber"}, pool=["bright", "bass"])
    assert told(voices.choose(viewer(), "bright")) == (
        "bright needs the role subscriber; choose from: alto, bass, heart, tenor"
    )
    assert {voice_of(voices, message, viewer(n)) for n in range(50)} == {"bass"}
    assert told(voices.choose(viewer(roles=SUBSCRIBER), "bright")).startswith(
        "your voice is bright"
    )
    assert voice_of(voices, message, viewer(roles=SUBSCRIBER)) == "bright"
    assert voice_of(voices, message, viewer(roles=frozenset({Role.MODERATOR}))) == "bright"
    assert voice_of(voices, message, viewer()) == "bass"


def test_an_event_has_a_voice_of_its_own(message: Make) -> None:
    voices = choice(kept=Kept(voice={"u1": "alto"}), events={"cheer": "bright", "raid": "gone"})
    assert voices(message(event=EventKind.CHEER)) == "bright"
    assert voices(message(event=EventKind.RAID)) == "alto"
    assert voices(message()) == "alto"


def test_a_voice_that_is_gone_counts_for_none_until_it_is_back(message: Make) -> None:
    known = {"heart", "bass"}
    voices = choice(known, kept=Kept(voice={"u1": "bass"}))
    known.remove("bass")
    assert voices(message()) == "heart"
    known.add("bass")
    assert voices(message()) == "bass"


def test_an_engine_with_one_voice_offers_none(message: Make) -> None:
    voices = choice(None)
    assert told(voices.choose(viewer(), "bass")) == "there is only one voice here"
    assert voices(message()) == "heart"


def test_a_long_list_is_shortened() -> None:
    answer = told(choice({f"voice{n:03}" for n in range(200)}).choose(viewer(), "x"))
    assert len(answer) < 400
    assert answer.endswith(" more")


@pytest.mark.parametrize(
    "text", ["pool: ['../x']", "events: {cheers: bass}", "roles: {bass: king}", "offered: some"]
)
def test_mistakes_in_the_configuration_are_reported(text: str) -> None:
    with pytest.raises(ConfigError, match="voices"):
        loads(f"channels: [{{name: main}}]\npolicy: {{voices: {{{text}}}}}\n")
