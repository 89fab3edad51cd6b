"""``dlt-web lts alerts …``, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dlt_web.lts import alert_courier
from dlt_web.lts.alert_courier import Courier
from dlt_web.lts.alert_records import Alert, Delivery
from dlt_web.lts.cli import lts
from dlt_web.lts.clock import SystemClock
from dlt_web.lts.store import SqliteStore
from dlt_web.lts.webhook_post import Outcome
from tests.lts.test_cli import refused
from tests.lts.webhook_receiver import Receiver


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "lts.db"


def run_cli(store: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(lts, words, input=stdin, env={"DLT_WEB_STORE": f"sqlite:///{store}"})


def cli_json(store: Path, *words: str, stdin: str = "") -> Any:
    result = run_cli(store, *words, "--json", stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, ""), result
    return json.loads(result.stdout)


def let_webhooks_lie_here(store: Path) -> None:
    cli_json(store, "alerts", "set", "--network", "127.0.0.0/8", "--network", "::1/128")


def test_a_test_is_sent_at_once_and_its_outcome_is_the_exit_code(store: Path) -> None:
    with Receiver(204, 500, 204) as receiver:
        let_webhooks_lie_here(store)
        added = cli_json(store, "alerts", "webhook", "add", "hook", "--url", receiver.url)
        sent = cli_json(store, "alerts", "test")
        assert sent == {
            "alert": 1,
            "deliveries": [
                {
                    "webhook": "hook",
                    "delivered": True,
                    "outcome": "answered 204",
                    "tookMs": sent["deliveries"][0]["tookMs"],
                }
            ],
        }
        (message,) = receiver.messages
        assert message.headers["webhook-signature"] == message.signatures(added["secret"])
        assert message.json["type"] == "test"
        failed = run_cli(store, "alerts", "test", "--webhook", "hook")
        assert (failed.exit_code, failed.stderr) == (1, "")
        assert failed.stdout.splitlines()[1].split()[:4] == ["hook", "no", "answered", "500"]
        again = cli_json(store, "alerts", "replay", "2")
        assert again["deliveries"][0]["delivered"]
        assert receiver.messages[1].id == receiver.messages[2].id != message.id
    assert [one["outcome"] for one in cli_json(store, "alerts", "show", "2")["log"]] == ["answered 204", "answered 500"]
    assert [one["number"] for one in cli_json(store, "alerts", "list", "--before", "2")] == [1]
    assert len(cli_json(store, "alerts", "deliveries", "--limit", "2")) == 2
    assert "canary-path" not in json.dumps(cli_json(store, "alerts", "webhook", "list"))
    table = run_cli(store, "alerts", "list").stdout
    assert "hook delivered" in table


def test_a_server_leaves_a_test_to_whoever_waits_for_its_outcome(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_courier, "POLL_S", 0.001)
    with Receiver(*[500] * 20) as receiver:
        let_webhooks_lie_here(store)
        cli_json(store, "alerts", "webhook", "add", "hook", "--url", receiver.url)
        served = SqliteStore(str(store))
        courier = Courier(served, SystemClock())
        courier.start()
        for number in range(1, 6):
            sent = run_cli(store, "alerts", "test", "--json")
            assert (sent.exit_code, json.loads(sent.stdout)["deliveries"][0]["outcome"]) == (1, "answered 500")
            replayed = run_cli(store, "alerts", "replay", str(number), "--json")
            assert (replayed.exit_code, len(json.loads(replayed.stdout)["deliveries"])) == (1, 1)
        courier.stop()
        served.close()
        assert len(receiver.messages) == 10


def test_a_message_that_somebody_else_takes_away_is_told_as_not_delivered(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the webhook goes between the replay and its attempt."""
    with Receiver() as receiver:
        let_webhooks_lie_here(store)
        for name in ("here", "gone"):
            cli_json(store, "alerts", "webhook", "add", name, "--url", receiver.url)
        cli_json(store, "alerts", "test")
        deliver = Courier.deliver

        def remove_and_deliver(self: Courier, wanted: Delivery, *, is_held: bool = False) -> Outcome | None:
            if wanted.webhook_id == "gone":
                other = SqliteStore(str(store))
                other.write(lambda rows: rows.delete_webhook("gone")).result()
                other.close()
            return deliver(self, wanted, is_held=is_held)

        monkeypatch.setattr(Courier, "deliver", remove_and_deliver)
        replayed = run_cli(store, "alerts", "replay", "1", "--json")
    rows = {row["webhook"]: row for row in json.loads(replayed.stdout)["deliveries"]}
    assert replayed.exit_code == 1
    assert (rows["here"]["delivered"], rows["gone"]["delivered"]) == (True, False)
    assert rows["gone"]["outcome"] == "not sent from here: it was changed meanwhile (lts alerts show 1)"


def test_a_replay_to_one_webhook_leaves_the_others_to_their_time(store: Path) -> None:
    with Receiver(500) as receiver:
        let_webhooks_lie_here(store)
        for name in ("one", "other"):
            cli_json(store, "alerts", "webhook", "add", name, "--url", receiver.url)
        opened = SqliteStore(str(store))
        number = (
            opened.write(lambda rows: rows.add_alert(Alert(0, "disk.usage", "", 90, "{}", "msg_1"))).result().number
        )
        opened.close()
        sent = run_cli(store, "alerts", "replay", str(number), "--webhook", "other", "--json")
    assert [row["webhook"] for row in json.loads(sent.stdout)["deliveries"]] == ["other"]
    assert len(receiver.messages) == 1


def test_a_check_tells_what_the_server_would(store: Path) -> None:
    cli_json(store, "alerts", "set", "--disk-percent", "99", "--at", "50", "--at", "25", "--unverified-percent", "20")
    cli_json(
        store,
        "license",
        "add",
        "--charge-way",
        "per_device",
        "--quota",
        "1",
        "--id",
        "L",
        "--valid-until",
        "2999-01-01",
    )
    assert cli_json(store, "alerts", "check") == {"alerts": []}
    cli_json(store, "license", "set", "L", "--valid-until", "2000-01-01")
    assert cli_json(store, "alerts", "check") == {"alerts": []}
    settings = cli_json(store, "alerts", "set", "--license", "L", "--at", "80")
    assert settings == {
        "thresholds": [25, 50], "unverifiedPercent": 20, "diskPercents": [99], "networks": [],
        "paused": False,
        "licenses": {"L": [80]},
    }  # fmt: skip
    assert cli_json(store, "alerts", "set", "--license", "L", "--as-all")["licenses"] == {}
    assert cli_json(store, "alerts", "set", "--network", "10.0.0.0/8")["networks"] == ["10.0.0.0/8"]
    assert cli_json(store, "alerts", "settings")["networks"] == ["10.0.0.0/8"]


def test_webhooks_by_the_command_line(store: Path) -> None:
    first = cli_json(store, "alerts", "webhook", "add", "hook", "--url-stdin", stdin="https://hooks.example/x\n")
    assert first["secret"].startswith("whsec_")
    assert cli_json(store, "alerts", "webhook", "rotate", "hook")["secret"] != first["secret"]
    exit_code, said = refused(store, "alerts", "webhook", "rotate", "hook")
    assert (exit_code, "its secret from before is good until" in said) == (1, True)
    assert cli_json(store, "alerts", "webhook", "rotate", "hook", "--at-once")["secret"].startswith("whsec_")
    assert run_cli(store, "alerts", "webhook", "remove", "hook").stdout == "Removed hook.\n"
    assert cli_json(store, "alerts", "webhook", "list") == []


def test_paused_webhooks_wait_until_they_are_resumed(store: Path) -> None:
    with Receiver() as receiver:
        let_webhooks_lie_here(store)
        cli_json(store, "alerts", "webhook", "add", "hook", "--url", receiver.url)
        cli_json(store, "alerts", "test")
        assert cli_json(store, "alerts", "webhook", "pause")["paused"]
        for words in (["test"], ["replay", "1"]):
            exit_code, said = refused(store, "alerts", *words)
            assert (exit_code, "Webhooks are paused, as after an import: lts alerts webhook resume" in said) == (
                1,
                True,
            )
        opened = SqliteStore(str(store))
        found = opened.write(lambda rows: rows.add_alert(Alert(0, "disk.usage", "", 90, "{}", "msg_1"))).result()
        (waiting,) = opened.read(lambda rows: rows.deliveries(found.number)).result()
        assert Courier(opened, SystemClock()).deliver(waiting) is None
        assert len(receiver.messages) == 1
        assert not cli_json(store, "alerts", "webhook", "resume")["paused"]
        assert Courier(opened, SystemClock()).deliver(waiting) is not None
        opened.close()
        assert [message.id for message in receiver.messages][1:] == ["msg_1"]


def test_a_restore_says_that_webhooks_are_told_again(store: Path, tmp_path: Path) -> None:
    """It takes production's place, as a rule; where it does not, its operator is to know."""
    cli_json(store, "alerts", "webhook", "add", "hook", "--url", "https://hooks.example/x")
    for word, is_told in (("resume", True), ("pause", False)):
        cli_json(store, "alerts", "webhook", word)
        copy = str(tmp_path / word)
        run_cli(store, "backup", copy)
        done = run_cli(store, "restore", copy)
        assert (done.exit_code, "lts alerts webhook pause" in done.stderr) == (0, is_told), done


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["test"], 1, "There is no webhook to be tested: add one with lts alerts webhook add."),
        (["test", "--webhook", "x"], 1, "There is no webhook x; lts alerts webhook list names them."),
        (["replay", "7"], 1, "There is no alert 7; lts alerts list names them."),
        (["show", "7"], 1, "There is no alert 7; lts alerts list names them."),
        (["webhook", "remove", "x"], 1, "There is no webhook x; lts alerts webhook list names them."),
        (["webhook", "add", "x"], 2, "Choose one of --url and --url-stdin."),
        (["webhook", "add", "x", "--url", "http://a.example"], 2, "with https, or with http on this machine itself"),
        (["webhook", "add", "x", "--url-stdin"], 2, "A webhook's URL is one line on stdin; found none."),
        (["set"], 2, "alerts set needs at least one setting to change"),
        (["set", "--as-all"], 2, "--as-all goes with --license, and without --at."),
        (["set", "--license", "L"], 2, "alerts set needs at least one setting to change"),
        (["set", "--license", "L", "--disk-percent", "9"], 2, "--license goes with --at or --as-all."),
        (["set", "--license", "L", "--at", "9"], 1, "There is no license L; lts license list names them."),
        (["set", "--at", "0"], 2, "thresholds are 1 to 10 different whole percentages from 1 to 1000"),
        (["set", "--disk-percent", "100"], 2, "disk levels are 1 to 10 different whole percentages from 1 to 99"),
        (["set", "--unverified-percent", "101"], 2, "unverified share"),
        (["set", "--network", "10.0.0.1/8"], 2, "A network looks like 10.1.0.0/16 or fd00:1::/64; found '10.0.0.1/8'."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_sentence(store: Path, words: list[str], code: int, sentence: str) -> None:
    exit_code, said = refused(store, "alerts", *words)
    assert (exit_code, sentence in said) == (code, True), said
