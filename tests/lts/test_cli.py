"""The command line by subprocess (spec §10)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dlt_web.lts.cli import lts
from tests.lts.server_process import ServerProcess, cli_json, run_cli
from tests.lts.world import uuid

LICENSE_KEYS = [
    "id",
    "product",
    "chargeWay",
    "quota",
    "used",
    "overrun",
    "onExhausted",
    "gracePercent",
    "deviceLifetimeSeconds",
    "validFrom",
    "validUntil",
    "revoked",
    "revokedAt",
    "version",
]
DEVICE_KEYS = {
    "deviceUuid",
    "licenseId",
    "firstSeen",
    "lastSeen",
    "removalTime",
    "storage",
    "friendlyName",
    "seated",
}
USAGE_KEYS = [
    "handshakeCode",
    "devices",
    "concurrentDevices",
    "peakConcurrentDevices",
    "scans",
    "bySymbology",
    "unseatedDevices",
    "unverifiedScans",
    "lost",
    "items",
    "memoryDevices",
    "partitionedDevices",
    "clonedDevices",
    "devicesWithGaps",
    "authorizations",
    "rows",
    "peaks",
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "lts.db"


def refused(store: Path, *words: str) -> tuple[int, str]:
    """Run a command in this process that must fail; its error is one line after click's own usage lines."""
    result = CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": f"sqlite:///{store}"})
    assert isinstance(result.exception, SystemExit), result
    assert result.stdout == ""
    return result.exit_code, one_sentence(result.stderr)


def one_sentence(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line and not line.startswith(("Usage:", "Try "))]
    assert len(lines) == 1, stderr
    return lines[0]


def test_a_license_from_add_to_revoke(store: Path) -> None:
    added = cli_json(
        store, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", "A", "--device-lifetime", "90d",
        "--valid-from", "2026-01-01", "--valid-until", "2027-01-01T00:00:00Z", "--on-exhausted", "allow",
        "--grace-percent", "10",
    )  # fmt: skip
    assert list(added) == LICENSE_KEYS
    assert added == {
        "id": "A",
        "product": "barcode-reader",
        "chargeWay": "per_device",
        "quota": 5,
        "used": 0,
        "overrun": 0,
        "onExhausted": "allow",
        "gracePercent": 10,
        "deviceLifetimeSeconds": 90 * 86_400,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "revoked": False,
        "revokedAt": None,
        "version": added["version"],
    }
    changed = cli_json(store, "license", "set", "A", "--quota", "7")
    assert changed == added | {"quota": 7, "version": changed["version"]}
    changed = cli_json(store, "license", "set", "A", "--no-valid-from", "--no-valid-until")
    assert changed == added | {"quota": 7, "validFrom": None, "validUntil": None, "version": changed["version"]}
    assert cli_json(store, "license", "show", "A") == changed
    assert cli_json(store, "license", "list") == [changed]
    assert cli_json(store, "license", "revoke", "A")["revoked"] is True
    assert "per_device" in run_cli(store, "license", "list").stdout


def test_a_license_without_an_id_gets_one(store: Path) -> None:
    words = ("license", "add", "--charge-way", "per_scan", "--quota", "5")
    ids = {cli_json(store, *words)["id"] for _ in range(2)}
    assert len(ids) == 2
    assert {item["id"] for item in cli_json(store, "license", "list")} == ids


def test_a_handshake_code_from_add_to_set(store: Path) -> None:
    for name in ("A", "B"):
        cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", name)
    added = cli_json(
        store, "handshake", "add", "c", "--license", "B", "--license", "A", "--allow-origin", "https://a.example",
        "--session-password-stdin", "--allow-non-browser", "--test", stdin="s3cret\n",
    )  # fmt: skip
    assert added == {
        "id": "c",
        "handshakeCode": "c",
        "licenses": ["B", "A"],
        "allowedOrigins": ["https://a.example"],
        "allowNonBrowser": True,
        "hasSessionPassword": True,
        "test": True,
        "customer": None,
        "customerReleases": None,
        "version": added["version"],
    }
    assert cli_json(store, "handshake", "show", "c") == added
    assert cli_json(store, "handshake", "list") == [added]
    words = ("--license", "A", "--any-origin", "--no-session-password", "--browser-only", "--no-test")
    changed = cli_json(store, "handshake", "set", "c", *words)
    assert changed == added | {
        "version": changed["version"],
        "licenses": ["A"],
        "allowedOrigins": [],
        "allowNonBrowser": False,
        "hasSessionPassword": False,
        "test": False,
    }


def test_devices_and_usage_beside_a_running_server(store: Path) -> None:
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "1", "--id", "A")
    with ServerProcess(store) as server, server.client() as client:
        cli_json(store, "handshake", "add", "c", "--license", "A")
        body = {"handshakeCode": "c", "deviceUuid": uuid(1), "deviceFriendlyName": "Till"}
        assert client.post("/v1/authorizations", json=body).status_code == 201
        assert client.post("/v1/authorizations", json=body | {"deviceUuid": uuid(2)}).status_code == 403
        (device,) = cli_json(store, "devices", "list", "--handshake", "c", "--license", "A")
        assert set(device) > DEVICE_KEYS
        assert (device["deviceUuid"], device["licenseId"], device["seated"]) == (uuid(1), "A", True)
        assert cli_json(store, "devices", "export") == [device]
        usage = cli_json(store, "usage", "--handshake", "c", "--by", "slot", "--from", "2026-01-01")
        assert list(usage) == USAGE_KEYS
        assert (usage["devices"], usage["rows"]) == (1, [])
        assert cli_json(store, "license", "show", "A")["used"] == 1
        assert run_cli(store, "devices", "release", uuid(1), "--handshake", "c").returncode == 0
        assert client.post("/v1/authorizations", json=body | {"deviceUuid": uuid(2)}).status_code == 201
        kids = len(client.get("/.well-known/jwks.json").json()["keys"])
        assert len(cli_json(store, "keys", "rotate")["keyIds"]) == 2
        assert len(client.get("/.well-known/jwks.json").json()["keys"]) == kids + 1
        assert cli_json(store, "sweep") == {"removed": 0}
        key = cli_json(store, "admin-key", "add", "ops", "--scope", "read")["key"]
        assert cli_json(store, "admin-key", "rotate", "first")["id"] == "first"
        admin = {"Authorization": f"Bearer {key}"}
        audit = client.get("/v1/admin/audit", headers=admin).json()
        assert [entry["action"] for entry in audit][:3] == ["license.add", "admin-key.add", "handshake.add"]
        assert audit == cli_json(store, "audit")
        assert audit[0]["actor"].startswith("cli:")
        assert run_cli(store, "admin-key", "revoke", "ops").returncode == 0
        assert [key["id"] for key in cli_json(store, "admin-key", "list")] == ["first"]
        assert client.get("/v1/admin/audit", headers=admin).status_code == 401


@pytest.mark.parametrize(
    "words",
    [
        "license show nothing",
        "license set nothing --quota 1",
        "license revoke nothing",
        "license add --charge-way per_device --quota 1 --id A",
        "handshake show nothing",
        "handshake add d --license nothing",
        "handshake add c --license A",
        "handshake set nothing --test",
        "devices list --handshake nothing",
        "devices list --handshake c --license nothing",
        "devices release 00000000-0000-4000-8000-000000000001 --handshake c",
        "usage --handshake nothing",
        "usage --license nothing",
        "admin-key revoke nothing",
    ],
)
def test_what_is_not_there_or_refused_is_exit_code_1(seeded: Path, words: str) -> None:
    assert refused(seeded, *words.split())[0] == 1


@pytest.mark.parametrize(
    "words",
    [
        "license add --charge-way per_week --quota 1",
        "license add --charge-way per_device",
        "license add --charge-way per_device --quota x",
        "license add --charge-way per_device --quota -1",
        "license add --charge-way per_device --quota 1 --device-lifetime 90",
        "license add --charge-way per_device --quota 1 --device-lifetime 0d",
        "license add --charge-way per_device --quota 1 --valid-from tomorrow",
        "license add --charge-way per_device --quota 1 --valid-from 2027-02-30",
        "license add --charge-way per_device --quota 1 --valid-from 2027-01-02 --valid-until 2027-01-01",
        "license add --charge-way per_device --quota 1 --grace-percent -1",
        "license add --charge-way per_scan --quota 1 --on-exhausted refuse-new",
        "license add --charge-way per_device --quota 1 --id a/b",
        "license add --charge-way per_device --quota 1 --id=",
        f"license add --charge-way per_device --quota 1 --id {'a' * 65}",
        "license set A",
        "license set A --valid-until 2027-01-01 --no-valid-until",
        "handshake add d",
        "handshake add d --license A --allow-origin shop.example",
        "handshake add d --license A --allow-origin https://shop.example/path",
        "handshake add d --license A --session-password-stdin",
        "handshake add d --license A --allow-origin https://a.example --allow-non-browser",
        "handshake set c --any-origin --allow-origin https://a.example",
        "handshake set c",
        "handshake set c --allow-origin https://a.example --allow-non-browser",
        "devices list",
        "usage",
        "usage --handshake c --license A",
        "usage --handshake c --csv --json",
        "usage --handshake c --by week",
        "usage --handshake c --from 2026-11-24 --to 2026-11-24",
        "usage --handshake c --from 2026-11-25 --to 2026-11-24",
        "serve --trusted-proxy proxy.example",
        "serve --port 70000",
        "nonsense",
        "--store postgres://x usage --handshake c",
    ],
)
def test_bad_usage_is_exit_code_2(seeded: Path, words: str) -> None:
    assert refused(seeded, *words.split())[0] == 2


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all commands that change nothing."""
    path = tmp_path_factory.mktemp("lts") / "lts.db"
    cli_json(path, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", "A")
    cli_json(path, "handshake", "add", "c", "--license", "A")
    return path


def test_the_store_may_be_named_anywhere_on_the_line(seeded: Path, tmp_path: Path) -> None:
    url, other = f"sqlite:///{seeded}", f"sqlite:///{tmp_path}/other.db"
    for words in (["--store", url, "license", "show", "A"], ["license", "show", "A", "--store", url]):
        assert CliRunner().invoke(lts, words, env={"DLT_WEB_STORE": other}).exit_code == 0
    assert CliRunner().invoke(lts, ["license", "show", "A"], env={"DLT_WEB_STORE": other}).exit_code == 1
    assert (tmp_path / "other.db").stat().st_mode & 0o077 == 0


def test_errors_of_the_process_are_one_sentence_on_stderr(seeded: Path) -> None:
    for words, code in (("license show nothing", 1), ("license add --charge-way per_scan --quota -1", 2)):
        result = run_cli(seeded, *words.split())
        assert (result.returncode, result.stdout) == (code, "")
        assert one_sentence(result.stderr).startswith("Error: ")


def test_a_file_that_is_no_store_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "lts.db"
    path.write_text("this is no database, and long enough to be taken for none " * 20)
    assert refused(path, "license", "list")[0] == 1
    assert refused(tmp_path / "no" / "folder.db", "license", "list")[0] == 1
