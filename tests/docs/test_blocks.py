"""Every fenced block of the docs is held by something that fails when it is wrong; a block that nothing holds fails."""

from __future__ import annotations

import configparser
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from dlt_web.error_codes import ERROR_CODES
from tests.docs.examples import SCRIPTS, wrong_python, wrong_scripts
from tests.docs.pages import PAGES, ROOT, Block, blocks, tokens
from tests.docs.sh_lines import logical_lines, wrong_name, wrong_with

BLOCKS = blocks()
# Blocks that a test of their own runs as they stand: page and language (None: all) -> that test. The checks below hold
# them, too, but for those without a language and in languages that only such a test reads.
RUN = {
    ("README.md", "python"): "tests/test_readme.py",
    ("README.md", "sh"): "tests/test_readme.py",
    ("README.md", "mermaid"): "tests/test_readme.py",
    ("docs/host.md", "python"): "tests/host/test_docs.py",
    ("docs/hosting.md", None): "tests/browser/test_hosting.py",
    ("docs/hosting.md", "nginx"): "tests/hosting/proxies.py",
    ("docs/hosting.md", "caddy"): "tests/hosting/proxies.py",
    ("docs/npm.md", None): "tests/npm/doc.py",
    ("docs/qa.md", None): "tests/plugin/test_qa_guide.py",
    ("docs/operating.md", None): "tests/lts/test_operating_guide.py",
    ("docs/readers.md", "sh"): "tests/readers/test_docs.py",
    ("docs/start.md", None): "tests/npm/start_doc.py",
}
READ_BY_THEIR_TEST_ALONE = {"", "text", "mermaid"}

DIRECTIVES = {"connect-src", "default-src", "require-trusted-types-for", "script-src", "trusted-types", "worker-src"}
DIRECTIVES |= {"base-uri", "font-src", "form-action", "frame-ancestors", "img-src", "media-src", "style-src"}


def wrong_policy(text: str) -> str | None:
    names = [part.split()[0] for part in text.split(";") if part.strip()]
    return next((f"there is no directive {name}" for name in names if name not in DIRECTIVES), None)


def wrong_braces(text: str) -> str | None:
    """Tell what is wrong with the shape of nginx's and Caddy's settings; other tests give them to these programs."""
    depth = 0
    for mark in re.findall(r"[{}]", re.sub(r"""#.*|"[^"]*"|'[^']*'""", "", text)):
        depth += 1 if mark == "{" else -1
        if depth < 0:
            break
    return None if depth == 0 else "its braces do not match"


def wrong_nginx(text: str) -> str | None:
    plain = re.sub(r"""#.*|"[^"]*"|'[^']*'""", "", text)
    open_ended = [line.strip() for line in plain.splitlines() if line.strip() and not re.search(r"[;{}]\s*$", line)]
    return wrong_braces(text) or (f"{open_ended[0]}: has no end" if open_ended else None)


def wrong_shell(text: str) -> str | None:
    return next((wrong for line in logical_lines(text) if (wrong := wrong_with(line))), None)


def read_by(reader: Callable[[str], object]) -> Callable[[str], str | None]:
    """Make a check of what raises an error where the text is wrong."""

    def check(text: str) -> str | None:
        try:
            reader(text)
        except (ValueError, configparser.Error, yaml.YAMLError, SyntaxError) as error:
            return str(error)
        return None

    return check


# Language -> what tells what is wrong with a text in it, by itself. Scripts and Python are compiled all at once.
CHECKS: dict[str, Callable[[str], str | None]] = {
    "caddy": wrong_braces,
    "csp": wrong_policy,
    "ini": read_by(lambda text: configparser.ConfigParser(strict=False, interpolation=None).read_string(text)),
    "json": read_by(json.loads),
    "nginx": wrong_nginx,
    "python": read_by(lambda text: compile(text, "docs", "exec")),
    "sh": wrong_shell,
    "toml": read_by(tomllib.loads),
    "yaml": read_by(yaml.safe_load),
}
COMPILED = {"python", *SCRIPTS}


def own_test(block: Block) -> str | None:
    """Return the test of its own that runs a block."""
    return RUN.get((block.page, block.language)) or RUN.get((block.page, None))


def not_held(block: Block) -> str | None:
    """Tell why nothing holds a block; None where something does."""
    if block.language in CHECKS or block.language in COMPILED:
        return None
    if block.language in READ_BY_THEIR_TEST_ALONE:
        return None if own_test(block) else f"{block}: give it a language, or a test that reads it, named in RUN"
    return f"{block}: nothing here reads {block.language}; add it to CHECKS"


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_each_block_is_held_and_right_in_its_language(block: Block) -> None:
    assert not_held(block) is None
    if block.language in CHECKS:
        assert CHECKS[block.language](block.text) is None


@pytest.mark.parametrize("where", RUN, ids=str)
def test_a_block_s_own_test_is_there_and_reads_the_page(where: tuple[str, str | None]) -> None:
    page, language = where
    test = (ROOT / RUN[where]).read_text()
    assert Path(page).name in test
    assert [block for block in BLOCKS if block.page == page and language in (None, block.language)]


def names_in_lines() -> Iterator[tuple[str, str]]:
    """Give each command that a page or an error's repair names within a line, with where it stands."""
    for page in PAGES:
        for token in tokens(page):
            if token.type == "code_inline" and token.content.startswith(("dlt-web ", "make ")):
                yield page.name, token.content
    for known in ERROR_CODES:
        for name in re.findall(r"`((?:dlt-web|make) [^`]+)`", known.repair):
            yield known.code, name


def test_each_command_that_a_text_names_is_one() -> None:
    names = list(names_in_lines())
    assert len(names) > 80
    wrong = [(where, told) for where, name in names if (told := wrong_name(name)) is not None]
    assert wrong == []


@pytest.mark.parametrize("name", ["dlt-web lts lisense", "dlt-web lts serve --prot 1", "make tests", "dlt-web x | y"])
def test_a_command_that_is_none_is_told(name: str) -> None:
    assert wrong_name(name)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder within the checkout, where npm's packages are found."""
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".build", prefix="examples-") as scratch:
        yield Path(scratch)


def test_tsc_and_biome_have_nothing_to_say_of_the_scripts(folder: Path) -> None:
    assert wrong_scripts([block for block in BLOCKS if block.language in SCRIPTS], folder) == []


def test_mypy_has_nothing_to_say_of_the_python(folder: Path) -> None:
    assert wrong_python([block for block in BLOCKS if block.language == "python"], folder) == []


def an_example(language: str, text: str) -> Block:
    return Block("docs/x.md", 1, language, "", text)


WRONG_SCRIPTS = [
    ("js", 'import { Trackers } from "dlt-web";'),
    ("js", 'import { Tracker } from "/dlt/dlt-web.js";\nnew Tracker({ handshakeCode: 7, licenseServer: "/lts" });'),
    ("jsx", 'import { useTracker } from "dlt-web/react";\nexport const x = () => <p>{useTracker().licence}</p>;'),
    ("html", '<script type="module">\n  import { Tracker } from "./dlt/dlt-web.js";\n  new Tracker({});\n</script>'),
    ("vue", '<script setup>\nimport { useTracker } from "dlt-web/vue";\nuseTracker({ code: "c" });\n</script>'),
    ("js", "const a = ;"),
    ("html", "<p>one <b>two</p>"),
]


def test_what_is_wrong_in_a_script_is_told(folder: Path) -> None:
    # Each on a page of its own: where one cannot be parsed, tsc says nothing of types in the others.
    examples = [Block(f"{at}.md", 1, language, "", text) for at, (language, text) in enumerate(WRONG_SCRIPTS)]
    told = "\n".join(wrong_scripts(examples, folder))
    for at, example in enumerate(WRONG_SCRIPTS):
        assert f"{at}_1" in told, (example, told)


def test_what_is_wrong_in_python_is_told(folder: Path) -> None:
    wrong = "from dlt_web import DuplicateFilter\n\nDuplicateFilter(forget_ms=3)\n"
    (told,) = wrong_python([an_example("python", wrong)], folder)
    assert "forget_ms" in told


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sh", "dlt-web lts licence list"),
        ("sh", "dlt-web lts serve --prot 8010"),
        ("sh", "dlt-web lts license add --id a --charge-way per_seat --quota 1"),
        ("sh", "dlt-web lts license add --id a --charge-way per_device"),
        ("sh", "dlt-web lts serve --port 8010 \\\n  --drain 3"),
        ("sh", "DLT_WEB_PORT=1 dlt-web lts serves"),
        ("sh", "dlt-web lts alerts list | sho NUMBER"),
        ("sh", "dlt-web lts advise [--form DAY]"),
        ("sh", "dlt-web lts"),
        ("sh", "dlt-web privacy extra"),
        ("sh", "cat key | dlt-web lts admin-keys"),
        ("sh", "make everything"),
        ("sh", "make chaos M=500"),
        ("sh", "pip install dlt-web[all]"),
        ("sh", "pip install dlt-webb"),
        ("sh", "python -m docs.nothing"),
        ("sh", "npm install dltweb"),
        ("sh", "npx dlt-web paste x"),
        ("sh", "pytest --app-adress x"),
        ("sh", "format c:"),
        ("csp", "script-scr 'self'"),
        ("json", "{'a': 1}"),
        ("nginx", "location / {\n  root /srv\n}"),
        ("caddy", "shop.example {\n  root * /srv"),
        ("toml", "store = "),
        ("yaml", "a: [1"),
        ("ini", "no section"),
        ("python", "def f(:"),
    ],
)
def test_what_is_wrong_in_a_block_is_told(language: str, text: str) -> None:
    assert CHECKS[language](text) is not None


@pytest.mark.parametrize("language", ["", "text", "brainfuck"])
def test_a_block_that_nothing_holds_is_told(language: str) -> None:
    assert not_held(an_example(language, "x")) is not None
