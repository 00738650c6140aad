"""Every command does what its answer says, and can be taken back where it lasts."""

import pytest
from msgspec import structs

from bot.config.chat.policy import PolicySettings
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Chatter, Command, Order, Purge, Rejection, RejectReason, Verb
from bot.outcomes import Accepted, DropReason, Queued, Rejected
from bot.runtime.clock import now
from tests.moderation.conftest import Room, utterance


def reason(outcome: object) -> RejectReason | None:
    return outcome.reason if isinstance(outcome, Rejected) else None


async def test_skip_cuts_only_what_is_spoken(room: Room) -> None:
    assert room.order(Verb.SKIP) == "skipped"
    assert room.speech.reason is DropReason.SKIPPED
    assert room.waiting == ["a2", "b1"]
    assert room.order(Verb.SKIP) == "nothing is being spoken"


async def test_skip_by_name_takes_all_of_that_chatter(room: Room) -> None:
    assert room.order(Verb.SKIP, "A") == "skipped 2 of A"
    assert room.speech.reason is DropReason.SKIPPED
    assert room.dropped == [("a2", DropReason.SKIPPED)]


async def test_clear_leaves_what_is_spoken(room: Room) -> None:
    assert room.order(Verb.CLEAR) == "cleared 2"
    assert room.speech.reason is None
    assert room.waiting == []


async def test_pause_and_resume(room: Room) -> None:
    room.order(Verb.PAUSE)
    assert room.is_paused()
    room.order(Verb.RESUME)
    assert not room.is_paused()
    assert room.order(Verb.UNDO) == "taken back: resume"
    assert room.is_paused()


async def test_nobody_takes_back_what_they_may_not_do(room: Room) -> None:
    room.order(Verb.OFF)
    command = Command(id="u", channel="main", issuer="mod", order=Order(verb=Verb.UNDO))
    answer = room.moderation.apply(command, lambda verb: verb is not Verb.OFF)
    assert answer.name == "nothing_to_undo"
    assert reason(room.write("hello")) is RejectReason.OFF
    assert room.order(Verb.UNDO) == "taken back: off"


async def test_a_mute_that_changed_nothing_takes_nothing_back() -> None:
    room = Room(policy=PolicySettings.model_validate({"access": {"muted": ["troll"]}}))
    room.write("hello", "ana")
    for name in ("ana", "ana", "troll"):
        room.order(Verb.MUTE, name)
    assert room.order(Verb.UNDO) == "taken back: mute ana"  # the first one
    assert reason(room.write("hello", "troll")) is RejectReason.MUTED
    assert isinstance(room.write("hello", "ana"), Queued)


async def test_what_a_program_says_is_silent_when_nothing_is_read(room: Room) -> None:
    room.order(Verb.OFF)
    room.intake.say(utterance("program", "program"))
    assert room.dropped[-1] == ("program", DropReason.OFF)
    assert room.order(Verb.REPLAY) == "there is nothing to say again"


async def test_of_who_is_muted_nothing_is_said_again(room: Room) -> None:
    room.speech.current = None
    room.history.add(utterance("b1", "b"))
    room.order(Verb.MUTE, "b")
    assert room.order(Verb.REPLAY) == "once more: a"


@pytest.mark.parametrize("nickname", ["buy-viewers.com", "see discord.gg/abc", "🇳🇦🇸🇹🇾 x"])
async def test_a_nickname_is_nothing_that_the_bot_may_not_write(nickname: str) -> None:
    room = Room(policy=PolicySettings.model_validate({"words": {"drop": ["nasty"]}}))
    answer = room.order(Verb.NICK, value=nickname, by=Chatter(id="1", name="ana"))
    assert "ana" not in room.policy.chatters.nicknames.values()
    assert nickname not in answer


async def test_off_is_silence_at_once(room: Room) -> None:
    assert room.order(Verb.OFF) == "off, 3 dropped"
    assert reason(room.write("hello")) is RejectReason.OFF
    assert room.speech.reason is DropReason.OFF
    room.order(Verb.ON)
    assert isinstance(room.write("hello"), Queued)


async def test_panic_is_silence_until_it_is_released(room: Room) -> None:
    assert room.order(Verb.PANIC) == "panic: silent, 3 dropped; !tts release ends it"
    assert room.speech.reason is DropReason.PANIC
    assert room.waiting == []
    room.order(Verb.RESUME)
    room.order(Verb.ON)
    assert reason(room.write("hello")) is RejectReason.PANIC
    assert room.order(Verb.REPLAY) == "there is nothing to say again"
    assert room.order(Verb.STATUS) == "panic, 0 waiting, volume 100"
    assert room.order(Verb.RELEASE) == "released, chat is read again"
    assert room.order(Verb.RELEASE) == "there was no panic"
    assert isinstance(room.write("hello again"), Queued)


async def test_panic_outlives_the_daemon(room: Room) -> None:
    room.order(Verb.PANIC)
    after_restart = Room(kept=room.kept)
    assert reason(after_restart.write("hello")) is RejectReason.PANIC


async def test_mute_also_takes_back_what_was_accepted(room: Room) -> None:
    assert room.order(Verb.MUTE, "a") == "a is muted, 2 dropped"
    assert room.speech.reason is DropReason.MUTED
    assert room.waiting == ["b1"]
    assert room.order(Verb.UNMUTE, "a") == "a is heard again"
    assert room.order(Verb.UNMUTE, "a") == "a was not muted"


async def test_a_mute_holds_under_another_name(room: Room) -> None:
    room.write("hello", "Troll", chatter_id="7")
    assert room.order(Verb.MUTE, "troll") == "Troll is muted, 1 dropped".replace("Troll", "troll")
    assert reason(room.write("hello", "Angel", chatter_id="7")) is RejectReason.MUTED
    assert room.order(Verb.UNDO) == "taken back: mute troll"
    assert isinstance(room.write("hello", "Angel", chatter_id="7"), Queued)


async def test_who_has_not_written_is_muted_by_name_and_the_answer_says_so(room: Room) -> None:
    answer = room.order(Verb.MUTE, "nobody")
    assert answer == "nobody is muted; nobody of that name has written yet"
    assert reason(room.write("hello", "Nobody")) is RejectReason.MUTED


async def test_a_mute_outlives_the_daemon_and_can_be_lifted_by_name(room: Room) -> None:
    room.write("hello", "Troll", chatter_id="7")
    room.order(Verb.MUTE, "Troll")
    after_restart = Room(kept=room.kept)
    assert after_restart.order(Verb.UNMUTE, "troll") == "troll is heard again"
    assert isinstance(after_restart.write("hello", "Troll", chatter_id="7"), Queued)


async def test_a_mute_is_lifted_by_login_after_a_restart(room: Room) -> None:
    room.write("hello", "대장", login="troll_99", chatter_id="7")
    room.order(Verb.MUTE, "troll_99")
    after_restart = Room(kept=room.kept)
    assert after_restart.order(Verb.UNMUTE, "troll_99") == "troll_99 is heard again"
    assert isinstance(after_restart.write("hello", "대장", chatter_id="7"), Queued)


async def test_a_configured_mute_that_was_lifted_stays_so_until_it_is_set_anew() -> None:
    settings = PolicySettings.model_validate({"access": {"muted": ["Troll"]}})
    room = Room(policy=settings)
    room.order(Verb.UNMUTE, "troll")
    for muted, is_muted in ((["Troll"], False), ([], False), (["Troll"], True)):
        room.policy.chatters.follow(muted=muted)
        assert room.policy.chatters.is_name_muted("troll") is is_muted


@pytest.mark.parametrize(
    ("change", "volume"), [("40", 40), ("+10", 90), ("-10", 70), ("-99", 0), ("+70", 100)]
)
async def test_volume_is_set_or_changed_and_taken_back(
    room: Room, change: str, volume: int
) -> None:
    room.speech.volume = 0.8
    assert room.order(Verb.VOLUME, value=change) == f"volume {volume}"
    assert room.speech.volume == pytest.approx(volume / 100)
    room.order(Verb.UNDO)
    assert room.speech.volume == pytest.approx(0.8)


async def test_status(room: Room) -> None:
    room.order(Verb.PAUSE)
    assert room.order(Verb.STATUS) == "on, pause, 2 waiting, volume 100"


async def test_who_names_whose_message_it_is_or_was(room: Room) -> None:
    assert room.order(Verb.WHO) == "a, now"
    room.order(Verb.SKIP)
    assert room.order(Verb.WHO) == "a, 0 s ago"


async def test_who_names_nobody_whose_name_must_not_be_spoken() -> None:
    room = Room(policy=PolicySettings.model_validate({"words": {"drop": ["vileslur"]}}))
    room.speech.current = None
    room.history.add(utterance("v1", "VileSlur"))
    assert room.order(Verb.WHO) == "someone, 0 s ago"


async def test_replay_says_the_last_message_again(room: Room) -> None:
    room.speech.current = None
    assert room.order(Verb.REPLAY, "b") == "there is nothing to say again"
    assert room.order(Verb.REPLAY, "A") == "once more: a"
    (again,) = (o for o in room.outcomes if isinstance(o, Accepted))
    assert again.text == "a1"
    assert again.id in room.waiting
    assert again.id != "a1"


async def test_what_was_taken_back_is_not_said_again(room: Room) -> None:
    room.speech.current = None
    room.order(Verb.REPLAY)
    room.moderation.purge(Purge(channel="main", message_id="a1"))
    assert room.waiting == ["a2", "b1"]
    assert room.order(Verb.REPLAY) == "there is nothing to say again"


async def test_of_who_opted_out_nothing_is_said_again(room: Room) -> None:
    room.speech.current = None
    room.order(Verb.OPT_OUT, by=utterance("a1", "a").chatter)
    assert room.order(Verb.REPLAY, "a") == "there is nothing to say again"
    room.order(Verb.OPT_IN, by=utterance("a1", "a").chatter)
    assert room.order(Verb.REPLAY, "a") == "there is nothing to say again"


async def test_what_finds_no_room_is_not_said_to_be_there(room: Room) -> None:
    room.backlog.clear(DropReason.CLEARED)
    room.backlog.follow(BacklogSettings(max_pending=1, max_per_chatter=1))
    assert room.order(Verb.REPLAY) == "once more: a"
    assert room.order(Verb.REPLAY) == "there is no room for more"
    for number in range(501):
        answer = room.order(Verb.SAY_AS, value=f"w{number}", said="word")
    assert answer == "there is no room for more"
    assert room.order(Verb.UNDO) == "taken back: say-as w499 = word"


async def test_words_are_said_as_moderators_say(room: Room) -> None:
    answer = room.order(Verb.SAY_AS, value="Szczecin", said="shcheh-cheen")
    assert answer == "Szczecin is said as shcheh-cheen"
    room.write("from szczecin", message_id="m1")
    assert "shcheh-cheen" in spoken(room, "m1")
    assert room.order(Verb.UNDO) == "taken back: say-as Szczecin = shcheh-cheen"
    room.write("from szczecin", message_id="m2")
    assert "szczecin" in spoken(room, "m2")
    assert room.order(Verb.SAY_AS, value="Szczecin") == "Szczecin was said as it is written"


async def test_nicknames(room: Room) -> None:
    room.write("hi", "xX_ana_99")
    ana = Chatter(id="id-xX_ana_99", name="xX_ana_99")
    assert room.order(Verb.NICK, value="Sunny", by=ana) == "you are introduced as Sunny"
    room.write("hello", "xX_ana_99", message_id="m1")
    assert spoken(room, "m1") == "Sunny says: hello"
    answer = room.order(Verb.NICK, "xx_ANA_99", "Queen of noise")
    assert answer == "xx_ANA_99 is introduced as Queen of noise"
    room.order(Verb.UNDO)
    room.write("hello", "xX_ana_99", message_id="m2")
    assert spoken(room, "m2") == "Sunny says: hello"
    assert room.order(Verb.NICK, value="reset", by=ana) == "you are introduced by your own name"
    assert room.order(Verb.NICK, "nobody", "x") == "nobody called nobody has written here"
    assert room.order(Verb.NICK, value="x") == "only a chatter can do that"


@pytest.mark.parametrize("login", ["", "troll_99"])
async def test_who_has_a_nickname_is_known_by_it_and_by_name(room: Room, login: str) -> None:
    room.write("hi", "Troll", login=login)
    troll = Chatter(id="id-Troll", name="Troll", login=login)
    room.order(Verb.NICK, value="Sunny", by=troll)
    room.history.add(structs.replace(utterance("hi", "Troll"), chatter=troll))
    room.speech.current = None

    assert room.order(Verb.WHO) == f"Sunny ({login or 'Troll'}), 0 s ago"
    assert room.order(Verb.REPLAY, "sunny") == "once more: Sunny"
    assert room.order(Verb.SKIP, "sunny") == "skipped 2 of sunny"
    assert room.order(Verb.MUTE, "sunny") == "sunny is muted, 0 dropped"
    assert reason(room.write("again", "Troll", login=login)) is RejectReason.MUTED
    assert room.order(Verb.UNMUTE, "sunny") == "sunny is heard again"


async def test_nobody_is_meant_for_a_nickname_that_is_the_name_of_another(room: Room) -> None:
    troll, ana = (Chatter(id=f"id-{name}", name=name) for name in ("Troll", "Ana"))
    room.order(Verb.NICK, value="Ana", by=troll)
    room.write("hi", "Troll")
    room.write("hello", "Ana")
    assert room.policy.chatters.called("ana") == [ana]
    for nickname in ("ana", "Аna"):  # noqa: RUF001 - one looks like the other
        answer = room.order(Verb.NICK, value=nickname, by=troll)
        assert answer == f"somebody else is called {nickname}"
    assert room.order(Verb.NICK, value="ANA", by=ana) == "you are introduced as ANA"
    room.order(Verb.NICK, value="Bob", by=ana)
    assert room.order(Verb.NICK, value="bob", by=troll) == "somebody else is called bob"


async def test_a_nickname_with_a_blocked_word_is_refused() -> None:
    room = Room(policy=PolicySettings.model_validate({"words": {"strip": ["vileslur"]}}))
    ana = Chatter(id="1", name="ana")
    for nickname in ("V1LESLUR", "my vileslur", "!!!", "🔥"):
        answer = room.order(Verb.NICK, value=nickname, by=ana)
        assert answer == "that nickname cannot be spoken"


async def test_a_chatter_chooses_a_voice_and_a_moderator_gives_one(room: Room) -> None:
    room.write("hi")
    ana = Chatter(id="id-ana", name="ana")
    assert room.order(Verb.VOICE, value="bass", by=ana) == "your voice is bass from now on"
    assert room.order(Verb.VOICE, "Ana", "alto") == "Ana speaks as alto"
    assert voice(room) == "alto"
    room.order(Verb.UNDO)
    assert voice(room) == "bass"
    room.order(Verb.VOICE, value="random", by=ana)
    assert voice(room) in ("alto", "heart")
    assert room.order(Verb.VOICE, value="reset", by=ana) == "your voice is heart again"
    assert room.order(Verb.VOICE, value="bass") == "only a chatter can do that"
    assert room.order(Verb.VOICE, "ana", "nosuch").startswith("there is no such voice")


async def test_who_opts_out_is_not_read(room: Room) -> None:
    b = Chatter(id="id-b", name="b")
    assert room.order(Verb.OPT_OUT, by=b) == "your messages are not read any more"
    assert room.dropped == [("b1", DropReason.OPTED_OUT)]
    assert reason(room.write("hello", "b")) is RejectReason.OPTED_OUT
    assert room.order(Verb.OPT_IN, by=b) == "your messages are read again"
    assert isinstance(room.write("hello", "b"), Queued)


async def test_a_day_is_limited_for_all_or_for_one(room: Room) -> None:
    room.write("hello there", "ana")
    assert room.order(Verb.LIMIT, "ana", "1") == "ana: at most 1 messages a day"
    assert room.order(Verb.LIMIT, value="2") == "at most 2 messages a day"
    assert reason(room.write("hello again", "ana")) is None
    assert reason(room.write("hello once more", "ana")) is RejectReason.DAILY_LIMIT
    room.order(Verb.UNDO)
    room.order(Verb.UNDO)
    assert reason(room.write("hello at last", "ana")) is None
    assert room.order(Verb.LIMIT, "ana", "off") == "ana: no limit a day"
    assert room.order(Verb.LIMIT, value="1") == "at most 1 messages a day"
    assert reason(room.write("hello for ever", "ana")) is None
    assert room.order(Verb.LIMIT, "ana", "reset") == "ana has no limit of their own"
    assert room.kept("limit") == {"*": "1"}
    assert reason(room.write("hello in vain", "ana")) is RejectReason.DAILY_LIMIT
    assert room.order(Verb.LIMIT, value="reset") == "the limit a day is that of the settings"
    assert room.kept("limit") == {}
    assert room.order(Verb.LIMIT, "nobody", "1") == room.order(Verb.NICK, "nobody", "x")


async def test_what_is_not_taken_in_counts_for_no_limit() -> None:
    room = Room(policy=PolicySettings.model_validate({"limits": {"cooldown_s": 60, "a_day": 1}}))
    room.refusal = Rejection(reason=RejectReason.OVERLOAD)
    assert reason(room.write("hello")) is RejectReason.OVERLOAD
    room.refusal = None
    assert isinstance(room.write("hello again"), Queued)
    assert reason(room.write("once more")) is RejectReason.COOLDOWN


async def test_regulars_are_those_whom_moderators_name(room: Room) -> None:
    assert room.order(Verb.REGULAR, "ana") == "nobody called ana has written here"
    room.write("hi")
    assert room.order(Verb.REGULAR, "ANA") == "ANA is a regular"
    assert room.kept("regular") == {"id-ana": "ana"}
    room.order(Verb.UNDO)
    assert room.kept("regular") == {}


async def test_the_latest_is_taken_back_first_and_nothing_twice(room: Room) -> None:
    room.order(Verb.VOLUME, value="40")
    room.order(Verb.OFF)
    assert room.order(Verb.UNDO) == "taken back: off"
    assert room.policy.access.is_on
    assert room.order(Verb.UNDO) == "taken back: volume 40"
    assert room.order(Verb.UNDO) == "there is nothing to take back"


async def test_a_command_is_taken_back_by_its_id_whatever_came_later(room: Room) -> None:
    room.order(Verb.VOLUME, value="40")
    room.order(Verb.OFF)
    undo = Order(verb=Verb.UNDO, name="#volume")
    command = Command(id="u", channel="main", issuer="mod", order=undo)
    assert room.moderation.apply(command, lambda _: False).name == "nothing_to_undo"
    assert room.order(Verb.UNDO, "#volume") == "taken back: volume 40"
    assert room.speech.volume == 1
    assert not room.policy.access.is_on
    assert room.order(Verb.UNDO, "#volume") == "there is nothing to take back"
    assert room.order(Verb.UNDO) == "taken back: off"


@pytest.mark.parametrize(
    ("purge", "count", "cut", "waiting"),
    [
        (Purge(channel="main", message_id="a1"), 1, DropReason.DELETED, ["a2", "b1"]),
        (Purge(channel="main", message_id="b1"), 1, None, ["a2"]),
        (Purge(channel="main", message_id="x"), 0, None, ["a2", "b1"]),
        (Purge(channel="main", chatter_id="id-a"), 2, DropReason.TIMED_OUT, ["b1"]),
        (Purge(channel="main"), 3, DropReason.CLEARED, []),
    ],
)
async def test_what_the_platform_takes_back_is_not_heard(
    room: Room, purge: Purge, count: int, cut: DropReason | None, waiting: list[str]
) -> None:
    assert room.moderation.purge(purge) == count
    assert room.speech.reason is cut
    assert room.waiting == waiting


async def test_a_message_that_comes_after_its_deletion_is_not_heard(room: Room) -> None:
    room.moderation.purge(Purge(channel="main", message_id="late"))
    assert reason(room.write("hello", message_id="late")) is RejectReason.DELETED


@pytest.mark.parametrize(
    "purge",
    [
        Purge(channel="main", message_id="p1"),
        Purge(channel="main", chatter_id="id-p"),
        Purge(channel="main"),
    ],
)
async def test_what_was_taken_back_while_it_was_written_down_is_not_heard(
    room: Room, purge: Purge
) -> None:
    paid = utterance("p1", "p")
    assert room.moderation.taken_back(paid) is None
    room.moderation.purge(purge)
    assert room.moderation.taken_back(paid) is not None


def voice(room: Room) -> str:
    identifier = f"voice {now()}"
    room.write("hello", message_id=identifier)
    return next(u.voice for u in room.backlog if u.id == identifier)


def spoken(room: Room, message_id: str) -> str:
    return next(o.text for o in room.outcomes if isinstance(o, Accepted) and o.id == message_id)
