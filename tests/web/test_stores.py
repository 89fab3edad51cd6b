"""The stores in real browsers: one contract, races of many workers, and every way to lose a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dlt_web.testing.static_site import Site, StaticSite

# The first commit is put among the records, every later one into the log.
KINDS = pytest.mark.parametrize("revision", [0, 1], ids=["among the records", "in the log"])
# Of the log's entries as many are kept as there are, at most.
MAX_LOGGED = 128


class StorePage:
    """Workers with a store each, on one page."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        page.goto(site.url("/checks/stores.html"))
        page.wait_for_function("() => window.isReady === true")

    def ask(self, worker: str, op: str, **given: Any) -> Any:
        """Return ``{"value": …}`` or ``{"error": {"name", "message"}}``."""
        return self.page.evaluate("([name, op, given]) => ask(name, op, given)", [worker, op, given])

    def open_at(self, revision: int, worker: str, name: str) -> None:
        """Open a database in which so much is committed."""
        self.value(worker, "open", databaseName=name)
        for earlier in range(revision):
            self.value(worker, "commit", expectedRevision=earlier, put={})

    def value(self, worker: str, op: str, **given: Any) -> Any:
        answer = self.ask(worker, op, **given)
        assert "error" not in answer, answer
        return answer["value"]


@pytest.fixture(scope="module")
def shared_page(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page that many tests load anew, since a context of its own costs each as much as the rest; its console."""
    lines: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: lines.append(f"uncaught: {error}"))
    yield page, lines
    context.close()


@pytest.fixture
def stores(
    shared_page: tuple[Page, list[str]], source_site: StaticSite, dlt_notes: dict[str, Callable[[], str]]
) -> StorePage:
    """No worker runs yet, and no database is there."""
    page, lines = shared_page
    lines.clear()
    dlt_notes["Console"] = lambda: "\n".join(lines)
    stores = StorePage(page, source_site.shop_a)
    for name in databases(stores):
        page.evaluate("(name) => deleteDatabase(name)", name)
    return stores


@pytest.fixture
def new_stores(watched_page: Page, source_site: StaticSite) -> StorePage:
    """The same of a visitor of this test alone."""
    return StorePage(watched_page, source_site.shop_a)


def databases(stores: StorePage) -> list[str]:
    # WebKit lists a database whose making was taken back, as of version 0; the standard leaves it out.
    real = "all.filter(({ version }) => version > 0)"
    return list(stores.page.evaluate(f"indexedDB.databases().then((all) => {real}.map(({{ name }}) => name).sort())"))


@pytest.mark.parametrize("storage", ["memory", "indexeddb"])
def test_a_store_keeps_the_contract(stores: StorePage, storage: str) -> None:
    assert stores.value("w", "contract", storage=storage, databaseName="contract") == []


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_of_several_clients_go_as_a_list_of_records_would(stores: StorePage, seed: int) -> None:
    assert stores.value("w", "history", databaseName=f"history-{seed}", seed=seed, steps=100) == []


def test_ten_workers_that_get_or_create_at_once_agree_on_one_device(stores: StorePage) -> None:
    for round_number in range(5):
        names = stores.page.evaluate(
            """async (databaseName) => {
                const workers = Array.from({ length: 10 }, (_, at) => `w${at}`);
                const answers = await Promise.all(workers.map(async (name) => {
                    await ask(name, "open", { databaseName });
                    return (await ask(name, "getOrCreate", { name })).value;
                }));
                return [...new Set(answers)];
            }""",
            f"race-{round_number}",
        )
        assert len(names) == 1


def test_workers_that_count_in_one_record_at_once_miss_no_count_and_count_none_twice(stores: StorePage) -> None:
    workers, times = 5, 60
    conflicts = stores.page.evaluate(
        """async ([workers, times]) => {
            const names = Array.from({ length: workers }, (_, at) => `w${at}`);
            for (const name of names) await ask(name, "open", { databaseName: "counted" });
            const given = { times, strictEach: 7 };
            const answers = await Promise.all(names.map((name) => ask(name, "countUp", { name, ...given })));
            return answers.map(({ value }) => value);
        }""",
        [workers, times],
    )
    assert sum(conflicts) > 0
    found = stores.value("reader", "open", databaseName="counted")
    assert found["records"] == {"all": workers * times, **{f"w{at}": times for at in range(workers)}}
    assert found["revision"] == workers * times


# As many as leave the log at its start, at its end, and where a number counted round would be the same again.
@pytest.mark.parametrize("missed", [1, 2, MAX_LOGGED - 1, MAX_LOGGED, MAX_LOGGED + 1, 2 * MAX_LOGGED + 2])
@pytest.mark.parametrize("is_read_between", [True, False])
def test_who_missed_commits_changes_nothing_and_is_told_however_many_they_were(
    stores: StorePage, missed: int, is_read_between: bool
) -> None:
    name = f"missed-{missed}-{is_read_between}"
    stores.open_at(1, "mine", name)
    stores.value("theirs", "open", databaseName=name)
    stores.value("theirs", "commitMany", expectedRevision=1, times=missed)
    if is_read_between:
        stores.value("third", "open", databaseName=name)
    answer = stores.value("mine", "commit", expectedRevision=1, put={"n": "mine"})
    assert answer == {"applied": False, "revision": missed + 1, "records": {"n": missed + 1}}
    # Who is told decides anew, and goes on as if nothing had been.
    assert stores.value("mine", "commit", expectedRevision=missed + 1, put={"n": 0})["applied"]
    assert stores.value("theirs", "load") == {"storage": "indexeddb", "revision": missed + 2, "records": {"n": 0}}


def test_all_but_the_first_commit_go_into_a_log_that_never_grows_beyond_its_bound(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="log")
    stores.value("w", "commit", expectedRevision=0, put={"device": "d"})
    assert stores.value("w", "inside", databaseName="log")["records"] == ["d"]
    lengths = []
    for revision in range(1, 400, 50):
        stores.value("w", "commitMany", expectedRevision=revision, times=50)
        lengths.append(len(stores.value("w", "inside", databaseName="log")["log"]))
    assert max(lengths) <= MAX_LOGGED
    assert lengths[:2] == [50, 100]
    # What a start reads is folded by it.
    assert stores.value("next", "open", databaseName="log")["records"] == {"device": "d", "n": 401}
    inside = stores.value("w", "inside", databaseName="log")
    assert (inside["log"], sorted(map(str, inside["records"])), inside["meta"][0]["revision"]) == (
        [],
        ["401", "d"],
        401,
    )


def test_the_database_of_a_build_without_a_log_goes_on_with_one(stores: StorePage) -> None:
    head = {"revision": 7, "name": "0123456789abcdef", "tokens": ["aaaaaaaaaaaaaaaa"]}
    stores.value("w", "makeEarlier", databaseName="earlier", head=head, records={"n": 7, "gone": True})
    content = {"storage": "indexeddb", "revision": 7, "records": {"n": 7, "gone": True}}
    assert stores.value("w", "open", databaseName="earlier") == content
    assert stores.value("w", "commit", expectedRevision=7, put={"n": 8})["applied"]
    inside = stores.value("w", "inside", databaseName="earlier")
    assert (inside["version"], len(inside["log"]), inside["meta"]) == (2, 1, [head])
    content = {"storage": "indexeddb", "revision": 8, "records": {"n": 8, "gone": True}}
    assert stores.value("next", "open", databaseName="earlier") == content


def test_a_database_that_is_being_opened_ahead_is_opened_once(stores: StorePage) -> None:
    assert stores.value("w", "openAhead", databaseName="ahead") == 1
    assert stores.value("w", "commit", expectedRevision=0, put={"n": 1}) == {"applied": True, "revision": 1}


@pytest.mark.parametrize("between", [0, 1, 40])
def test_a_commit_run_again_under_its_token_is_applied_once(stores: StorePage, between: int) -> None:
    found = stores.value("w", "repeat", databaseName="repeat", between=between)
    assert found["ends"] == [{"end": "applied", "revision": 1}] * 2
    assert (found["revision"], found["records"]) == (between + 1, {"n": between + 1})


@KINDS
def test_a_change_that_cannot_be_written_changes_nothing(stores: StorePage, revision: int) -> None:
    stores.open_at(revision, "w", "unwritable")
    answer = stores.ask("w", "commitWhatCannotBeWritten", expectedRevision=revision)
    assert answer["error"]["name"] == "StoreFailedError"
    assert stores.value("w", "load") == {"storage": "indexeddb", "revision": revision, "records": {}}


def test_a_record_that_fails_to_be_written_takes_the_whole_commit_with_it(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="failing")
    stores.value("w", "commit", expectedRevision=0, put={"n": 1})
    committed = stores.value("w", "commitOverFailedRequest", expectedRevision=1, put={"n": 2})
    assert committed == {"applied": True, "revision": 2}  # the second time
    assert stores.value("w", "load") == {"storage": "indexeddb", "revision": 2, "records": {"n": 2}}


def test_an_entry_that_fails_to_be_added_is_added_again_before_it_is_told(stores: StorePage) -> None:
    stores.open_at(2, "w", "failing-log")
    committed = stores.value("w", "commitOverFailedEntry", databaseName="failing-log", expectedRevision=2, put={"n": 3})
    assert committed == {"taken": "number", "committed": {"applied": True, "revision": 3}}
    assert stores.value("next", "open", databaseName="failing-log")["records"] == {"n": 3}


@KINDS
def test_a_commit_whose_end_was_lost_is_known_to_be_applied(stores: StorePage, revision: int) -> None:
    stores.open_at(revision, "w", "unclear")
    committed = stores.value("w", "commitOverDeadConnection", expectedRevision=revision, put={"n": 1})
    assert committed == {"applied": True, "revision": revision + 1}
    assert stores.value("w", "load") == {"storage": "indexeddb", "revision": revision + 1, "records": {"n": 1}}


@KINDS
@pytest.mark.parametrize("is_lost", [True, False], ids=["not on disk", "on disk"])
def test_a_commit_whose_end_was_lost_is_found_out_though_the_database_opens_only_after_a_while(
    stores: StorePage, is_lost: bool, revision: int
) -> None:
    name = f"unclear-{is_lost}-{revision}"
    stores.open_at(revision, "mine", name)
    stores.value("theirs", "open", databaseName=name)
    broken = {"isLost": is_lost, "failedOpens": 3}
    committed = stores.value("mine", "commitOverDeadConnection", expectedRevision=revision, put={"n": 1}, **broken)
    assert committed == {"applied": True, "revision": revision + 1}
    answer = stores.value("theirs", "commit", expectedRevision=revision, put={"n": 2})
    assert answer == {"applied": False, "revision": revision + 1, "records": {"n": 1}}


@KINDS
@pytest.mark.parametrize("is_on_disk", [True, False], ids=["on disk", "behind a frozen tab's"])
def test_a_transaction_that_never_says_its_end_is_given_up_in_time_and_its_commit_applied_once(
    stores: StorePage, is_on_disk: bool, revision: int
) -> None:
    name = f"silent-{is_on_disk}-{revision}"
    stores.open_at(revision, "w", name)
    committed = stores.value(
        "w", "commitOverSilence", databaseName=name, expectedRevision=revision, put={"n": 1}, isOnDisk=is_on_disk
    )
    assert committed == {"wasGivenUp": True, "applied": True, "revision": revision + 1}
    assert stores.value("next", "open", databaseName=name)["revision"] == revision + 1


@KINDS
def test_a_commit_whose_end_was_lost_is_known_to_be_applied_though_it_took_the_disks_last_room(
    stores: StorePage, revision: int
) -> None:
    stores.open_at(revision, "w", "last-room")
    committed = stores.value("w", "commitOverDeadConnection", expectedRevision=revision, put={"n": 1}, isFullThen=True)
    assert committed == {"applied": True, "revision": revision + 1}


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_what_a_full_disk_holds_is_read_and_what_comes_next_fails(stores: StorePage, revision: int) -> None:
    stores.value("w", "open", databaseName="full")
    stores.value("w", "commitMany", expectedRevision=0, times=revision)
    answer = stores.ask("next", "openFull", databaseName="full")
    if revision == 0:
        # Made by the page before, with nothing in it but its name.
        assert answer["value"] == {"storage": "indexeddb", "revision": 0, "records": {}}
    else:
        assert answer["value"] == {"storage": "indexeddb", "revision": revision, "records": {"n": revision}}
    failed = stores.ask("next", "commit", expectedRevision=revision, put={"n": 0})["error"]
    assert (failed["name"], failed["mayHaveCommitted"]) == ("StoreFailedError", False)
    assert "full" in failed["message"]


def test_a_new_database_on_a_full_disk_is_a_failed_store(stores: StorePage) -> None:
    failed = stores.ask("w", "openFull", databaseName="nothing")["error"]
    assert (failed["name"], failed["mayHaveCommitted"]) == ("StoreFailedError", False)


def test_a_first_run_that_gets_there_after_the_second_changes_nothing(stores: StorePage) -> None:
    found = stores.value("w", "arriveLate", databaseName="late")
    assert found == {"end": "applied", "late": None, "revision": 1, "records": {"n": 1}}


def test_a_commit_whose_end_is_never_found_out_may_be_on_the_disk(stores: StorePage) -> None:
    stores.open_at(1, "w", "never")
    answer = stores.ask("w", "commitOverDeadConnection", expectedRevision=1, put={"n": 1}, failedOpens=99)
    assert (answer["error"]["name"], answer["error"]["mayHaveCommitted"]) == ("StoreFailedError", True)
    assert "server lost" in answer["error"]["message"]


def test_a_database_that_the_page_deletes_is_let_go_and_found_purged(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="deleted")
    stores.value("w", "commit", expectedRevision=0, put={"device": "old"})
    assert stores.page.evaluate("deleteDatabase('deleted')") == "deleted"
    assert stores.value("w", "lost") is True
    assert stores.ask("w", "commit", expectedRevision=1, put={})["error"]["name"] == "StorePurgedError"
    assert stores.value("w", "load") == {"storage": "indexeddb", "revision": 0, "records": {}}
    assert stores.value("w", "commit", expectedRevision=0, put={"device": "new"}) == {"applied": True, "revision": 1}


@KINDS
def test_a_commit_to_a_database_deleted_and_made_anew_by_another_tab_is_not_applied(
    stores: StorePage, revision: int
) -> None:
    stores.open_at(revision, "mine", "anew")
    stores.value("mine", "commit", expectedRevision=revision, put={"device": "old"})
    stores.page.evaluate("deleteDatabase('anew')")
    stores.open_at(revision, "theirs", "anew")
    stores.value("theirs", "commit", expectedRevision=revision, put={"device": "new"})
    # The revision is the one that this client expects, and the log's next key may be; the database is another.
    answer = stores.ask("mine", "commit", expectedRevision=revision + 1, put={"device": "old"})
    assert answer["error"]["name"] == "StorePurgedError"
    assert stores.value("mine", "load")["records"] == {"device": "new"}


def test_looking_for_a_deleted_database_and_writing_to_it_make_no_new_one(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="looked-for")
    stores.value("w", "commit", expectedRevision=0, put={"device": "old"})
    stores.page.evaluate("deleteDatabase('looked-for')")
    assert stores.value("w", "lost") is True
    assert stores.ask("w", "commit", expectedRevision=1, put={"device": "old"})["error"]["name"] == "StorePurgedError"
    assert databases(stores) == []


def test_a_store_that_is_forgotten_is_deleted_and_what_is_loaded_next_is_empty(stores: StorePage) -> None:
    stores.value("mine", "open", databaseName="forgotten")
    stores.value("mine", "commit", expectedRevision=0, put={"device": "old"})
    stores.value("theirs", "open", databaseName="forgotten")
    stores.value("mine", "forget")
    assert databases(stores) == []
    assert stores.ask("theirs", "commit", expectedRevision=1, put={})["error"]["name"] == "StorePurgedError"
    assert databases(stores) == []
    assert stores.value("mine", "load") == {"storage": "indexeddb", "revision": 0, "records": {}}
    assert stores.value("mine", "commit", expectedRevision=0, put={"device": "new"})["applied"] is True
    # Whoever hears of it late has another one in mind.
    stores.value("theirs", "forget")
    assert stores.value("mine", "load")["records"] == {"device": "new"}


def test_a_database_that_was_made_ahead_goes_and_one_with_a_device_in_it_stays(stores: StorePage) -> None:
    stores.value("w", "openAheadAndForget", databaseName="ahead")
    assert databases(stores) == []
    stores.value("theirs", "open", databaseName="ahead")
    stores.value("theirs", "commit", expectedRevision=0, put={"device": "theirs"})
    stores.value("w", "openAheadAndForget", databaseName="ahead")
    assert stores.value("theirs", "load")["records"] == {"device": "theirs"}


def test_what_a_frozen_tab_holds_open_is_emptied_at_once(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="held")
    stores.value("w", "commit", expectedRevision=0, put={"device": "old"})
    # A connection that hears of nothing, as in a tab that is frozen.
    stores.page.evaluate(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("held");
            opening.onsuccess = () => { globalThis.held = opening.result; resolve(null); };
        })"""
    )
    stores.value("w", "forget")
    left = stores.page.evaluate(
        """() => new Promise((resolve) => {
            const all = held.transaction(["meta", "records"]).objectStore("records").getAllKeys();
            all.onsuccess = () => { held.close(); resolve(all.result); };
        })"""
    )
    assert left == []


def test_what_is_committed_to_a_database_that_was_just_emptied_is_told_to_be_purged_and_stays_nowhere(
    stores: StorePage,
) -> None:
    stores.open_at(2, "w", "emptied")
    committed = stores.value("w", "commitOnceEmptied", databaseName="emptied", expectedRevision=2, put={"n": 3})
    assert committed == "StorePurgedError"
    inside = stores.value("w", "inside", databaseName="emptied")
    assert (inside["log"], inside["meta"], inside["records"]) == ([], [], [])


def test_site_data_deleted_by_the_browser_is_found_purged(stores: StorePage) -> None:
    stores.value("w", "open", databaseName="cleared")
    stores.value("w", "commit", expectedRevision=0, put={"device": "old"})
    stores.page.evaluate(
        "(url) => fetch(url, { mode: 'no-cors' }).then((response) => response.text())", "/dlt-web-purge"
    )
    assert stores.value("w", "lost") is True
    assert stores.value("w", "load")["records"] == {}


@KINDS
@pytest.mark.parametrize("is_strict", [True, False])
def test_a_commit_is_one_transaction_that_is_as_durable_as_was_asked(
    stores: StorePage, revision: int, is_strict: bool
) -> None:
    stores.open_at(revision, "w", f"durable-{revision}-{is_strict}")
    seen = stores.value("w", "commitSeen", expectedRevision=revision, put={"n": 1}, isStrict=is_strict)
    assert seen == ["strict" if is_strict else "relaxed"]


@pytest.mark.parametrize("hangs", [True, False], ids=["hangs", "fails"])
def test_a_first_open_that_comes_to_nothing_is_tried_once_more_and_no_oftener(stores: StorePage, hangs: bool) -> None:
    name = f"trouble-{hangs}"
    stores.open_at(1, "before", name)
    found = stores.value("once", "openAfterTrouble", databaseName=name, hangs=hangs, times=1)
    assert found == {"opens": 2, "content": {"storage": "indexeddb", "revision": 1, "records": {}}}
    answer = stores.ask("twice", "openAfterTrouble", databaseName=name, hangs=hangs, times=2)
    assert answer["error"]["name"] == "StoreFailedError"


def test_a_database_that_does_not_open_is_given_up_in_time(stores: StorePage) -> None:
    assert stores.page.evaluate("blockDatabase('blocked')") == "blocked"
    answer = stores.ask("w", "open", databaseName="blocked")
    assert answer["error"]["name"] == "StoreFailedError"
    assert "5000 ms" in answer["error"]["message"]


def test_forbidden_storage_is_a_failed_store(stores: StorePage) -> None:
    stores.value("w", "forbid")
    answer = stores.ask("w", "open", databaseName="forbidden")
    assert answer["error"]["name"] == "StoreFailedError"
    assert "SecurityError" in answer["error"]["message"]


@pytest.mark.untestable_in("firefox", "webkit", why="only Chromium's protocol can set a quota")
@KINDS
def test_a_full_disk_is_a_failed_store_and_nothing_is_half_written(new_stores: StorePage, revision: int) -> None:
    # Before the first look at it: Chromium remembers for a while how much room there is.
    devtools = new_stores.page.context.new_cdp_session(new_stores.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": new_stores.site.origin, "quotaSize": 200_000})
    new_stores.open_at(revision, "w", "full")
    answer = new_stores.ask("w", "commit", expectedRevision=revision, put={"n": 2, "big": "x" * 5_000_000})
    assert answer["error"]["name"] == "StoreFailedError"
    assert "full" in answer["error"]["message"]
    assert new_stores.value("w", "load") == {"storage": "indexeddb", "revision": revision, "records": {}}
