"""What the pages tell people to write is understood."""

import json
import re
from pathlib import Path

import pytest
import yaml
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

import bot
from bot.cli import COMMANDS
from bot.config import loads
from bot.config.chat.commands import CommandSettings
from bot.config.chat.verbs import table
from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings
from bot.observers.metrics import Metrics
from bot.outcomes import OUTCOMES, Outcome
from bot.sources.twitch_eventsub import scopes
from tests.observers.samples import state
from tests.real import table as real_programs
from tests.real.home_assistant import entities
from tests.real.paths.pages import blocks
from tests.real.paths.places import FOLLOWED, LEFT_OUT

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGE = (REPOSITORY / "docs" / "twitch.md").read_text(encoding="utf-8")
MAINTENANCE = (REPOSITORY / "docs" / "maintenance.md").read_text(encoding="utf-8")
MQTT_PAGE = (REPOSITORY / "docs" / "mqtt.md").read_text(encoding="utf-8")
MONITORING_PAGE = (REPOSITORY / "docs" / "monitoring.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_configuration_of_the_twitch_page_is_valid() -> None:
    settings = loads(EXAMPLES[0])

    (source,) = settings.channels[0].sources
    assert isinstance(source, TwitchEventsubSettings)
    assert not scopes.streamer_scopes([source])  # which is why step 3 asks for two permissions


def test_the_configuration_of_the_readme_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert loads(example).policy.words.drop == ("some word", "other word*")


def test_the_script_for_powershell_takes_the_readme_s_steps() -> None:
    script = (REPOSITORY / "install.ps1").read_text(encoding="ascii")
    (make, install, run) = re.findall(r"# Windows: (.*)$", README, re.MULTILINE)

    assert make.removeprefix("py ") in script
    assert install.rpartition(" ")[2] in script
    assert run.split()[0] in script
    assert "run" in COMMANDS
    assert "check" in COMMANDS


def test_the_page_of_systems_tells_where_files_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    page = (REPOSITORY / "docs" / "platforms.md").read_text(encoding="utf-8")
    mac, linux = MacOS("ishowtts"), Unix("ishowtts")
    home = str(Path.home())

    for path in (
        f"{linux.user_config_dir}/config.yaml",
        linux.user_state_dir,
        f"{linux.user_data_dir}/models",
        f"{mac.user_config_dir}/config.yaml",
        mac.user_state_dir,
        f"{mac.user_data_dir}/models",
    ):
        assert f"`{path.replace(home, '~')}`" in page


def test_the_page_of_the_architecture_names_every_room() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    named = {word.strip("/`,") for cell in cells for word in cell.split()}
    rooms = {
        path.stem
        for path in Path(bot.__file__).parent.iterdir()
        if path.suffix in {"", ".py"} and not path.name.startswith("__")
    }

    assert rooms - named == {"resources"} & rooms


def test_no_page_leads_nowhere() -> None:
    pages = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]
    gone = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert gone == []


def test_every_block_of_commands_is_followed_or_left_out_for_a_reason() -> None:
    pages = ["README.md", *(f"docs/{path.name}" for path in REPOSITORY.glob("docs/*.md"))]
    there = {place for page in pages for place, _ in blocks(page) if place.language == "sh"}
    followed = {place for place in FOLLOWED if place.language == "sh"}

    assert there - followed == LEFT_OUT.keys()
    assert [place for place in FOLLOWED if not place.text()] == []
    assert followed.isdisjoint(LEFT_OUT)


def test_the_command_line_page_names_every_command() -> None:
    page = (REPOSITORY / "docs" / "command-line.md").read_text(encoding="utf-8")

    assert set(COMMANDS) == set(re.findall(r"`ishowtts (\w+)", page))


def test_the_reward_of_the_twitch_page_is_valid() -> None:
    (source,) = yaml.safe_load(EXAMPLES[1])

    reward = TwitchEventsubSettings.model_validate(source).reward
    assert (reward.title, reward.cost) == ("Say it", 500)


def test_the_permissions_of_the_twitch_page_are_described_as_they_are_shown() -> None:
    shown = {scope: purpose for purpose, scope in re.findall(r"- (.*) \((\w+:\w+:\w+)\)", PAGE)}

    assert shown == {scope: scopes.PURPOSES[scope] for scope in scopes.bot_scopes(TwitchSettings())}


def test_the_maintenance_page_names_every_timer_and_machine() -> None:
    timers = re.findall(r"^\| `(ishowtts-[\w-]+)` \|", MAINTENANCE, re.MULTILINE)

    assert sorted(timers) == sorted(path.stem for path in (REPOSITORY / "systemd").glob("*.timer"))


def test_the_chat_page_lists_every_command_as_the_code_has_it() -> None:
    page = (REPOSITORY / "docs" / "chat.md").read_text(encoding="utf-8")
    settings = CommandSettings()

    assert table(settings.trigger, settings.aliases) in page


def test_the_events_page_names_every_outcome_with_its_fields() -> None:
    page = (REPOSITORY / "docs" / "events.md").read_text(encoding="utf-8")
    common = set(Outcome.__struct_fields__)
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE)

    assert {name: set(re.findall(r"`(\w+)`", fields)) for name, fields in rows} == {
        kind.__struct_config__.tag: set(kind.__struct_fields__) - common for kind in OUTCOMES
    }


def test_the_configuration_of_the_mqtt_page_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", MQTT_PAGE, re.DOTALL)

    assert loads(example).mqtt.username == "ishowtts"


def test_the_mqtt_page_lists_the_topics_of_the_schema() -> None:
    schema = json.loads((REPOSITORY / "bot" / "mqtt.schema.json").read_text(encoding="utf-8"))
    listed = re.findall(r"^\| `(ishowtts/\S+)`", MQTT_PAGE, re.MULTILINE)

    assert sorted(listed) == sorted(schema["topics"])


def test_the_mqtt_page_lists_what_home_assistant_shows() -> None:
    listed = dict(re.findall(r"^\| `(\w+\.studio_\w+)` \| ([\w -]+)", MQTT_PAGE, re.MULTILINE))
    shown = entities()

    assert listed.keys() == shown.keys()
    assert [key for key, name in shown.items() if not listed[key].startswith(name)] == []


def test_the_page_of_real_programs_has_the_results_of_the_last_run() -> None:
    text = real_programs.PAGE.read_text(encoding="utf-8")

    assert real_programs.page(text) == text


def test_the_monitoring_page_lists_every_metric_with_its_type() -> None:
    metrics = Metrics(state, gpu=lambda: ())
    families = {
        family.name: family.type
        for family in metrics.families()
        if family.name.startswith("ishowtts_")
    }
    listed = dict(re.findall(r"^\| `(ishowtts_\S+)` \| (\w+)", MONITORING_PAGE, re.MULTILINE))

    assert {name.removesuffix("_total"): kind for name, kind in listed.items()} == families
