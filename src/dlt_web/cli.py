"""The command line ``dlt-web``: what is done on a machine; its group ``lts`` is what operators do.

Exit codes: 0 good, 1 refused or not found (``verify``: a check failed), 2 bad usage (``verify``: it could not be
run). Errors are one sentence on stderr, never a traceback.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import click

from . import __version__
from .browsers import ENGINES, USUAL_ENGINES, BrowserError, install_browsers
from .errors import DltError, OptionError
from .standard_error import tell

PORT = click.IntRange(0, 65535)


class LazyGroup(click.Group):
    """A group whose heavy members are imported when they are called: ``dlt-web build`` needs no license server."""

    # name: (module, attribute, help shown in the list of commands)
    lazy_commands: ClassVar = {
        "lts": ("dlt_web.lts.cli", "lts", "Run and administer the License Tracking Server."),
        "scan": ("dlt_web.host.scan_command", "scan", "Read barcodes from pictures or a webcam, and report them."),
        "verify": ("dlt_web.testing.conformance.command", "verify", "Verify that an app counts as it should."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all members, imported or not."""
        return sorted([*super().list_commands(ctx), *self.lazy_commands])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a member when it is asked for."""
        if cmd_name not in self.lazy_commands:
            return super().get_command(ctx, cmd_name)
        module, attribute, _help = self.lazy_commands[cmd_name]
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise click.ClickException(str(error)) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the members for ``--help`` without importing the lazy ones."""
        rows = [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        rows += [(name, text) for name, (_module, _attribute, text) in self.lazy_commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dlt-web")
def cli() -> None:
    """Usage-based license tracking for barcode scanning in web apps."""


@cli.command()
# Fixed by default: a browser at another port is another origin, hence another device.
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port of the demo page; 0 picks a free one.")
@click.option(
    "--lts-port", type=PORT, default=8010, show_default=True, help="Port of the license server; 0 picks a free one."
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in the default browser.")
def demo(port: int, lts_port: int, no_browser: bool) -> None:
    """Scan barcodes on a demo page and watch them being counted by a license server on this machine."""
    from .demo import run

    run(port=port, lts_port=lts_port, open_browser=not no_browser)


@cli.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR", help="Folder to fill."
)
def build(out: Path) -> None:
    """Leave the web bundle in a folder that any static file server can serve; the module is DIR/dlt-web.js."""
    from .bundle import export_bundle

    folder = export_bundle(out, click.echo)
    click.echo(f"Web bundle in {folder}: serve this folder and import dlt-web.js from it.")


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@click.option("--base", default="/dlt/", show_default=True, metavar="URL", help="Where pages find the folder.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def integrity(folder: Path, base: str, as_json: bool) -> None:
    """Print the tag by which browsers check the scripts of a built DIR, and what a policy's script-src needs for it."""
    from .integrity import as_tag, import_map, policy_source

    try:
        text = import_map(folder, base)
    except OptionError as error:
        raise click.UsageError(error.message) from error
    if as_json:
        click.echo(json.dumps({"importMap": text, "policySource": policy_source(text)}))
    else:
        click.echo(f"{as_tag(text)}\nscript-src {policy_source(text)}")


@cli.command()
@click.argument("result")
@click.argument("text", required=False)
@click.option("--identifier", metavar="ID", help="AIM identifier that goes with a format and a TEXT, such as ]C1.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def explain_scan(result: str, text: str | None, identifier: str | None, as_json: bool) -> None:
    """Tell which barcode a reader's RESULT is, and by which rules two readings of one symbol are the same.

    RESULT is the JSON of what any supported reader gave, or - to read it from standard input. In its place may stand a
    reader's name for a symbology and a TEXT: dlt-web explain-scan UPC-A 036000291452.
    """
    from .explain_scan import as_words, explain_json

    if text is not None:
        result = json.dumps({"format": result, "text": text, "identifier": identifier})
    elif identifier is not None:
        raise click.UsageError("--identifier goes with a format and a text; a result in JSON has its own.")
    elif result == "-":
        result = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    try:
        explained = explain_json(result)
    except OptionError as error:
        raise click.UsageError(error.message) from error
    click.echo(json.dumps(explained) if as_json else as_words(explained))


@cli.command()
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def explain_error(code: str | None, as_json: bool) -> None:
    """Tell what an error CODE of the tracker or the license server means and what repairs it; without one, of all."""
    from .error_codes import ERROR_CODES, as_words, find_code

    try:
        known = [find_code(code)] if code is not None else ERROR_CODES
    except OptionError as error:
        raise click.UsageError(error.message) from error
    click.echo(json.dumps([asdict(one) for one in known]) if as_json else "\n\n".join(map(as_words, known)))


@cli.command()
@click.option(
    "--into", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PAGE", help="Update a page."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def privacy(into: Path | None, as_json: bool) -> None:
    """Tell each field that is stored in a browser or on a host, or sent, for your own privacy notice.

    Prints Markdown. A PAGE needs the two lines that docs/privacy.md has, and gets the tables between them.
    """
    from .disclosure import as_json as tables
    from .disclosure import rendered, update

    if into is None:
        click.echo(json.dumps(tables(), ensure_ascii=False) if as_json else rendered())
        return
    try:
        update(into)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@cli.group()
def browsers() -> None:
    """Browsers for tests."""


@browsers.command()
@click.argument("engines", nargs=-1, type=click.Choice(ENGINES), metavar="[chromium|firefox|webkit]...")
@click.option("--headed", "is_headed", is_flag=True, help="Such as can show themselves on a screen.")
def install(engines: tuple[str, ...], is_headed: bool) -> None:
    """Install browsers, Chromium and Firefox where none is named: Playwright's own builds, else Debian's packages."""
    install_browsers(click.echo, engines or USUAL_ENGINES, is_headed=is_headed)


def _print_whatever_comes() -> None:
    """Have characters that standard output cannot encode escaped there, as Python does on standard error.

    File names and friendly names are of any script, and on Windows a pipe or a file takes those of one language.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run the command line; what is raised on purpose becomes one sentence and exit code 1, bad usage exit code 2."""
    from .bundle import BundleError

    _print_whatever_comes()
    try:
        sys.exit(cli.main(prog_name="dlt-web", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else None
        sentence = " ".join(error.format_message().split())
        end = "" if sentence.endswith((".", "?", "!")) else "."  # click ends some with a list of choices
        tell(f"Error: {sentence}{end}{f' See {where} --help.' if where else ''}")
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)  # Ctrl-C, as shells say it
    except (DltError, BundleError, BrowserError) as error:
        tell(f"Error: {error}")
        sys.exit(1)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        tell(f"Error: {error.strerror or error}{where}.")
        sys.exit(1)


if __name__ == "__main__":
    main()
