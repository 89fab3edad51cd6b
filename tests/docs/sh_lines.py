"""Lines of shell in the docs, each command held against the program that it names."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence

import click

from dlt_web.cli import cli
from tests.docs.pages import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Marks of a synopsis, which stands for many commands: optional parts, and what may be repeated.
SYNOPSIS = re.compile(r"[\[\]…]| \| ")
# The npm package has a command of the same name, for one thing.
OF_NPM = {"dlt-web copy"}
# Of the machine, and as everybody knows them.
OF_THE_SYSTEM = {"cd", "mkdir", "curl", "openssl", "sudo", "systemctl", "umask", "cat", "cp", "rm", "install", "chown"}


def commands_below(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give each command and group below one, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands_below(command, (*path, name))


def logical_lines(text: str) -> list[str]:
    """Return the commands of a block: without comments, those over several lines as one, those in a pipe apart."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for raw in joined.splitlines() if (line := re.sub(r"(^|\s)#.*", "", raw).strip())]


def wrong_with(line: str) -> str | None:
    """Tell what is wrong with a line; None where each of its commands is one."""
    if line.startswith("dlt-web ") and SYNOPSIS.search(line):
        return wrong_synopsis(line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    words = iter(lexer)
    for word in words:
        if set(word) <= set("<>"):
            next(words, None)  # a file
        elif set(word) <= set("|&;"):
            parts.append([])
        else:
            parts[-1].append(word)
    return next((wrong for part in parts if (wrong := _wrong_command(part))), None)


def _wrong_command(words: list[str]) -> str | None:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if not words:
        return None
    name, rest = words[0].removeprefix(".venv/bin/"), words[1:]
    checks = {
        "dlt-web": _wrong_dlt_web,
        "make": _wrong_make,
        "pip": _wrong_pip,
        "python": _wrong_python,
        "npm": _wrong_npm,
    }
    checks |= {"npx": _wrong_npx, "pytest": _wrong_pytest}
    if name in checks:
        return checks[name](rest)
    return None if name in OF_THE_SYSTEM else f"{name}: nothing here knows this program; see tests/docs/sh_lines.py"


def _wrong_dlt_web(words: Sequence[str]) -> str | None:
    """Parse the words as click will, but for files that are not here, and for running it."""
    command: click.Command = cli
    rest = list(words)
    while True:
        context = click.Context(command, info_name="dlt-web")
        try:
            rest = _parsed(command, context, rest)
        except click.ClickException as error:
            return f"dlt-web {shlex.join(words)}: {error.format_message()}"
        if not isinstance(command, click.Group) or (not rest and command.invoke_without_command):
            return None
        found = command.get_command(context, rest[0]) if rest else None
        if found is None:
            return f"dlt-web {shlex.join(words)}: there is no command {rest[0] if rest else 'in it'}"
        command, rest = found, rest[1:]


def _parsed(command: click.Command, context: click.Context, words: list[str]) -> list[str]:
    """Return what is left of the words for a command within a group; raise what click says of the others."""
    given, left, order = command.make_parser(context).parse_args(args=list(words))
    for parameter in click.core.iter_params_for_processing(order, command.params):
        # These would look for files, or read one.
        if parameter.callback is None and not isinstance(parameter.type, click.Path | click.File):
            parameter.handle_parse_result(context, given, left)
    if left and not isinstance(command, click.Group):
        raise click.UsageError(f"{left} is too much.")
    return left


def wrong_name(line: str) -> str | None:
    """Tell what is wrong with a command that a text names; None for one that is there."""
    if line.startswith("make "):
        return _wrong_make(line.split()[1:])
    return None if line in OF_NPM else wrong_synopsis(line)


def wrong_synopsis(line: str) -> str | None:
    """Hold the commands and options that a synopsis or a name in a text has against the program.

    Optional parts stand in brackets, alternatives of a last word between bars: ``dlt-web lts alerts list | show NO``.
    """
    path: list[click.Command] = [cli]
    for part in re.sub(r"[\[\]]", " ", line.removeprefix("dlt-web ")).split(" | "):
        words = part.split("…")[0].split()
        if len(path) > 1:
            path = path[:-1]
        wrong = _walked(path, words)
        if wrong is not None:
            return f"{line}: there is no {wrong}"
    return None


def _walked(path: list[click.Command], words: list[str]) -> str | None:
    """Go from group to command by words; return the first that is none of them and no option."""
    before = ""
    for word in words:
        known = {name for command in path for one in command.params for name in (*one.opts, *one.secondary_opts)}
        group = path[-1]
        if word.startswith("--"):
            if word.split("=")[0] not in known | {"--help", "--version"}:
                return f"option {word}"
        elif isinstance(group, click.Group) and not before.startswith("--"):
            found = group.get_command(click.Context(group), word)
            if found is None and not group.invoke_without_command:
                return f"command {word}"
            path.extend([found] if found is not None else [])
        before = word
    return None


def _wrong_make(words: Sequence[str]) -> str | None:
    for word in words:
        name, equals, _value = word.partition("=")
        pattern = rf"\$\({name}\)|\$\(or \$\({name}\)" if equals else rf"^{re.escape(name)}:"
        if not re.search(pattern, MAKEFILE, re.MULTILINE):
            return f"make {word}: the Makefile has no such {'setting' if equals else 'target'}"
    return None


def _wrong_pip(words: Sequence[str]) -> str | None:
    for word in words[1:]:
        found = re.fullmatch(r"(dlt[-_]web)(?:\[([\w,]+)\])?(-\*\.whl)?", word)
        if not found:
            return f"pip install {word}: no package of ours"
        extras = set((found[2] or "").split(",")) - {""}
        if not extras <= set(PROJECT["optional-dependencies"]):
            return f"pip install {word}: there is no such extra"
    return None if words[:1] == ["install"] else f"pip {words[0]}: nothing here knows it"


def _wrong_python(words: Sequence[str]) -> str | None:
    if words[:1] != ["-m"]:
        return None if (ROOT / words[0]).is_file() else f"python {words[0]}: there is no such file"
    module = words[1]
    if module == "pytest":
        missing = [word for word in words[2:] if not word.startswith("-") and not (ROOT / word).exists()]
        return f"pytest {missing[0]}: there is no such test" if missing else None
    is_ours = module.startswith(("docs.", "tests.", "benchmarks."))
    path = ROOT.joinpath(*module.split("."))
    is_there = path.with_suffix(".py").is_file() or path.is_dir() if is_ours else module in ("http.server", "venv")
    return None if is_there else f"python -m {module}: there is no such module"


def _wrong_npm(words: Sequence[str]) -> str | None:
    text = (ROOT / "package.json").read_text()
    names = [word for word in words[1:] if not word.startswith("-")]
    unknown = [name for name in names if name != "dlt-web" and f'"{name}":' not in text]
    return f"npm {words[0]} {unknown[0]}: no test has this package" if unknown or words[0] != "install" else None


def _wrong_npx(words: Sequence[str]) -> str | None:
    script = (ROOT / "wasm/package/copy.mjs").read_text()
    return None if words[0] == "dlt-web" and f'"{words[1]}"' in script else f"npx {shlex.join(words)}: no such command"


def _wrong_pytest(words: Sequence[str]) -> str | None:
    sources = [
        *(ROOT / "src/dlt_web/testing").rglob("*plugin*.py"),
        *(ROOT / "src/dlt_web/testing/plugin").glob("*.py"),
    ]
    added = {"--pyargs", "--browser", "--headed", "--numprocesses", "-n"}
    added |= {name for path in sources for name in re.findall(r'"(--[a-z-]+)"', path.read_text())}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in added]
    return f"pytest {unknown[0]}: no plugin of ours has it" if unknown else None
