"""The command `aeptui`: finds the command, imports it, and turns every error into words and an exit code."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from aeptui import __version__
from aeptui.errors import AeptuiError, ExitCode

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("aeptui.cli.tui:demo", "The screens on the local platform, with sample files and ready pipelines."),
    "run": ("aeptui.cli.run:run", "Run a pipeline: check it, create its dataflow, watch the first run."),
    "plan": ("aeptui.cli.plan:plan", "Show what running a pipeline would send; nothing is created."),
    "forecast": ("aeptui.cli.forecast:forecast", "Show which values of the whole input a mapping would lose, and why."),
    "resume": ("aeptui.cli.recover:resume", "Go on with an execution that stopped half way."),
    "undo": ("aeptui.cli.recover:undo", "Delete what an execution created; lists it first."),
    "executions": ("aeptui.cli.history:executions", "List the executions of pipelines, newest first."),
    "flows": ("aeptui.cli.history:flows", "List the dataflows of the sandbox."),
    "runs": ("aeptui.cli.history:runs", "List the runs of a dataflow."),
    "export": ("aeptui.cli.transfer:export", "Write a dataflow, or an execution, as a pipeline file."),
    "evidence": ("aeptui.cli.evidence:evidence", "Check and show an archive that `export --evidence` made."),
    "diff": ("aeptui.cli.transfer:diff", "Show where a pipeline file and its live dataflow differ."),
    "mapping": (
        "aeptui.cli.mapping:mapping",
        "Write the mapping rows of a pipeline into a file, or take them from one.",
    ),
    "failed-rows": ("aeptui.cli.history:failed_rows", "Write out the rows that a flow run refused, with reasons."),
    "reconcile": ("aeptui.cli.reconcile:reconcile", "Show whether the rows of a flow run add up, and what is empty."),
    "profiles": ("aeptui.cli.profiles:profiles", "List, add, import, export, remove and test profiles."),
    "secrets": ("aeptui.cli.secrets:secrets", "Keep, list and remove the secrets that pipelines name."),
    "doctor": ("aeptui.cli.doctor:doctor", "Look at terminal, keyring, clock, proxy and reachability."),
    "local": ("aeptui.cli.local:local", "The local platform, for other clients."),
    "screenshots": ("aeptui.cli.screenshots:screenshots", "Draw every screen into a folder."),
}
"""Commands in the order of `--help`: where each is, and what it does in one line."""


class LazyGroup(click.Group):
    """A group that imports a command only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1) if args else []
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", "-p", metavar="NAME", help="The profile to open; without it the last one used.")
@click.option(
    "--log-requests",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write every request to FILE, without secrets: an HTTP archive if it ends in .har, else JSON lines.",
)
@click.version_option(__version__, prog_name="aeptui")
@click.pass_context
def cli(ctx: click.Context, profile: str | None, log_requests: str | None) -> None:
    """Turn files in cloud storage into a running Adobe Experience Platform dataflow.

    Without a command the screens open, on the last profile used; at first on the local platform, which needs no
    account. Exit codes: 0 done, 1 bug, 2 usage or invalid pipeline, 3 credentials, 4 chain failed, 5 flow run failed,
    6 in doubt, 7 different (diff, reconcile) or lossy (forecast), 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        from aeptui.cli.tui import open_screens

        ctx.exit(open_screens(profile))


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
        status = code if isinstance(code, int) else ExitCode.DONE
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        status = ExitCode.INTERRUPTED
    except AeptuiError as error:
        say_error(error)
        status = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; there is nobody to tell.
        from aeptui.ui.terminal import silence

        silence(sys.stdout)
        status = ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes words
        from aeptui.cli.output import bug_report

        click.echo(bug_report(error), err=True)
        status = ExitCode.BUG
    sys.exit(int(status))


def say_error(error: AeptuiError) -> None:
    """An error on stderr: what happened, and what to do."""
    click.echo(f"aeptui: {error.title}", err=True)
    for problem in getattr(error, "problems", ()):
        if str(problem) not in error.title:
            click.echo(f"  {problem}", err=True)
    if error.hint and error.hint not in error.title:
        click.echo(f"  {error.hint}", err=True)
