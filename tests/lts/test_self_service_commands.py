"""A customer's own releases, as the operator allows them on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.lts.server_process import cli_json, run_cli

ACME = "ACME"


def test_the_operator_opens_and_closes_it_by_command_line(tmp_path: Path) -> None:
    store = tmp_path / "lts.db"
    cli_json(store, "license", "add", "--charge-way", "per_device", "--quota", "5", "--id", "L")
    words = ("handshake", "add", "c", "--license", "L", "--customer", ACME, "--customer-releases", "5")
    assert cli_json(store, *words)["customerReleases"] == {"limit": 5, "termSeconds": 30 * 86_400}
    changed = cli_json(store, "handshake", "set", "c", "--customer-releases", "3", "--release-term", "7d")
    assert changed["customerReleases"] == {"limit": 3, "termSeconds": 7 * 86_400}
    assert cli_json(store, "handshake", "set", "c", "--no-customer-releases")["customerReleases"] is None
    assert "key" in cli_json(store, "admin-key", "add", "acme", "--scope", "customer", "--customer", ACME)
    assert [(key["scope"], key["customer"]) for key in cli_json(store, "admin-key", "list")] == [("customer", ACME)]
    for words, start in (
        (("handshake", "set", "c", "--release-term", "7d"), "Error: --release-term goes with --customer-releases."),
        (("handshake", "set", "c", "--customer-releases", "0"), "Error: The number of devices that a customer may"),
        (("admin-key", "add", "k", "--scope", "customer"), "Error: A key with the scope customer names its customer"),
    ):
        result = run_cli(store, *words)
        assert (result.returncode, result.stderr.splitlines()[-1].startswith(start)) == (2, True), result
