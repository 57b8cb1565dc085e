"""`airchain`: finds the command, runs it, and says what went wrong.

The list of commands is data, and a command's module is imported only when the
command runs: `airchain --help` imports none of them.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from airchain import __version__
from airchain.cli import signals
from airchain.cli.context import Context
from airchain.cli.output import Mode, Output
from airchain.errors import AirchainError, GivenUp
from airchain.paths import Home

FAILED = 1
UNEXPECTED = 70


@dataclass(frozen=True)
class Command:
    """A command: `target` is `module:attribute` below `airchain.cli`.

    The attribute is a function, or a `typer.Typer` for a command with
    subcommands.
    """

    name: str
    target: str
    help: str


SECTIONS: dict[str, tuple[Command, ...]] = {
    "Start": (
        Command("init", "init:init", "Write a first product to begin from"),
        Command("spec", "spec:app", "Check and show airchain.yaml"),
        Command("doctor", "doctor:doctor", "Say what this machine lacks before it is missed"),
        Command("engine", "engine:app", "Start, stop and show the Docker Engine in use"),
    ),
    "Build": (
        Command("build", "build:build", "Build and test images"),
        Command("images", "images:images", "List images: size, layers, age, base, what changed"),
    ),
    "Release": (
        Command("release", "release:release", "Make a release from the current commit"),
        Command("releases", "releases:releases", "List releases"),
        Command("diff", "diff:diff", "Show what a release would change"),
        Command("deploy", "deploy:deploy", "Bring a release to an environment"),
        Command("promote", "promote:promote", "Bring what serves in one environment to another"),
        Command("rollback", "rollback:rollback", "Bring back the release before, or another one"),
        Command("history", "history:history", "Show who did what"),
        Command("lock", "lock:lock", "Keep everybody from changing an environment"),
        Command("unlock", "lock:unlock", "End the lock of an environment"),
    ),
    "Run": (
        Command("up", "up:up", "Start an environment: backing services, fleets, edge"),
        Command("down", "down:down", "Remove all that up made"),
        Command("scale", "scale:scale", "Set how many hosts a fleet has"),
        Command("status", "status:status", "Show fleets, hosts and what they run"),
        Command("logs", "logs:logs", "Show a service's log across hosts"),
        Command("exec", "exec:exec_", "Run a command in a service's container"),
        Command("registry", "registry:app", "Look after the storage of the registry"),
        Command("secrets", "secrets:app", "Set and list an environment's secrets"),
        Command("store", "store:app", "Show the rights that a store on S3 needs"),
        Command("keys", "keys:app", "Show, export, import and replace the signing key"),
    ),
}
COMMANDS = {command.name: command for section in SECTIONS.values() for command in section}

# What arguments are called in help texts, beside their own name in capitals.
_METAVARS = {"environment": "ENV"}
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Options of `airchain` itself that may also stand behind the command.
_GLOBAL_FLAGS = ("--json", "--debug", "--plain")


class Commands(TyperGroup):
    """The group that imports a command when it is asked for.

    Types of the base class are private to typer, hence `Any`.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Every name, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """The command, imported now; None where there is none of this name."""
        command = COMMANDS.get(cmd_name)
        return None if command is None else load(command)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer's, but suggests names without importing every command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the sections of the help text."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(c.name.ljust(8), c.help) for c in commands])

    def invoke(self, ctx: Any) -> Any:
        """Run the command and turn what went wrong into an exit status."""
        try:
            signals.interrupt_work()
            return super().invoke(ctx)
        except (KeyboardInterrupt, GivenUp) as end:
            _output(ctx).interrupted(getattr(end, "hint", None))
            raise SystemExit(signals.INTERRUPTED) from None
        except AirchainError as error:
            _output(ctx).failure(error)
            _trace(ctx)
            raise SystemExit(FAILED) from None
        except BrokenPipeError:
            # The reader of our output has gone (`airchain images | head`).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(FAILED) from None
        except Exception as error:
            if type(error).__module__.startswith("typer"):
                raise
            if isinstance(error, OSError) and error.errno in _FULL:
                _output(ctx).failure(disk_full(error))
                _trace(ctx)
                raise SystemExit(FAILED) from None
            if signals.heard():
                _output(ctx).interrupted()
                raise SystemExit(signals.INTERRUPTED) from None
            _output(ctx).unexpected(error)
            _trace(ctx)
            raise SystemExit(UNEXPECTED) from None


def disk_full(error: OSError) -> AirchainError:
    """What to say where a file could not be written for want of room."""
    return AirchainError(
        (error.strerror or "the disk is full").lower(),
        where=error.filename,
        hint="free some space (`airchain doctor` shows how much there is), then run this again",
    )


def did_you_mean(name: str, known: Any) -> str:
    """` Did you mean 'x'?`, or nothing where no known name is close."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def load(command: Command) -> Any:
    """Import the command's module and make typer's command of what it holds."""
    module, _, attribute = command.target.partition(":")
    found = getattr(import_module(f"airchain.cli.{module}"), attribute)
    # Inside an app of ours, so that all commands have the same help and options.
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=command.name)
        group: Any = typer.main.get_command(app)
        loaded = group.commands[command.name]
    else:
        app.command(command.name)(found)
        loaded = typer.main.get_command(app)
    for each in (loaded, *getattr(loaded, "commands", {}).values()):
        _name_arguments(each)
    loaded.name = command.name
    loaded.help = loaded.help or command.help
    return loaded


def _name_arguments(command: Any) -> None:
    """Arguments as people write them: `ENV RELEASE`, not `{environment} [release]`."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = parameter.metavar or _METAVARS.get(parameter.name, parameter.name.upper())
            usage = name if parameter.required else f"[{name}]"
            usage += "" if parameter.nargs == 1 else "..."
            parameter.metavar = name
            # Where an argument is required, typer would write it in braces.
            parameter.get_usage_pieces = lambda _ctx, usage=usage: [usage]


def _show_version(asked: bool) -> None:
    if asked:
        print(f"airchain {__version__}")
        raise typer.Exit


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback(epilog="Begin with `airchain init`. `airchain COMMAND --help` explains a command.")
def root(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("-C", metavar="DIR", help="Folder of airchain.yaml.", show_default=False)
    ] = Path(),
    as_json: Annotated[
        bool, typer.Option("--json", help="Result as JSON on stdout, steps on stderr.")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain lines: no colour, no live display.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 - acts through its callback
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """From a git commit to an autoscaled fleet of golden-image hosts."""
    mode: Mode = "json" if as_json else "plain" if plain else Output.mode_for(sys.stderr)
    context.obj = Context(Home.from_environment(), Output(mode), folder.absolute(), debug)


def hoist(argv: list[str]) -> list[str]:
    """Move `--json`, `--debug` and `--plain` to the front.

    So `airchain status --json` works; what stands behind `--`, and whatever
    `exec` is given, belongs to another program and stays.
    """
    own = argv[: argv.index("--")] if "--" in argv else argv
    if "exec" in own:
        own = own[: own.index("exec")]
    flags = [word for word in own if word in _GLOBAL_FLAGS]
    rest = [word for word in own if word not in _GLOBAL_FLAGS]
    return flags + rest + argv[len(own) :]


def main(argv: list[str] | None = None) -> None:
    """Run a command line. Exits: 0 done, 1 failed, 2 misused, 70 our fault, 130 interrupted."""
    command: Any = typer.main.get_command(app)
    command.main(args=hoist(sys.argv[1:] if argv is None else argv), prog_name="airchain")


def _output(ctx: Any) -> Output:
    return ctx.obj.output if isinstance(ctx.obj, Context) else Output("plain")


def _trace(ctx: Any) -> None:
    if isinstance(ctx.obj, Context) and ctx.obj.debug:
        traceback.print_exc()


if __name__ == "__main__":
    main()
