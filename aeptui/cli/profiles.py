"""`aeptui profiles`: where to talk to, and the secret for it. A secret is never an argument: arguments are public.

It comes from a prompt that shows nothing, or from stdin. This process ends at once, so "for this session only" keeps
nothing here; then the profile is saved without a secret, and it says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar, cast

import click

from aeptui.cli.output import moment, print_table
from aeptui.cli.running import ask_passphrase
from aeptui.errors import CredentialsError, ExitCode, PassphraseNeeded

if TYPE_CHECKING:
    from aeptui.config import Paths, Profile
    from aeptui.models.sandboxes import Sandbox
    from aeptui.session.profiles import ProfileRow, Profiles, StoreIn, TestStage

T = TypeVar("T")
_VARIABLE = "AEPTUI_CLIENT_SECRET"
_GIVEN = (_VARIABLE, "AEPTUI_ACCESS_TOKEN")
"""What is set there is used before any vault."""
_store_option = click.option(
    "--store",
    type=click.Choice(["keyring", "session", "file", "environment"]),
    help=f"Where the secret is kept: the keyring (the default where it can be used), nowhere (asked for in the TUI), "
    f"an encrypted file (asks for its passphrase), or nowhere (read from {_VARIABLE}).",
)
_replace_option = click.option(
    "--replace", is_flag=True, help="Change the profile when it exists; what is not given stays."
)
_KEPT_NOWHERE = f"Enter it in the TUI under Profiles, or set {_VARIABLE}."


@click.group(name="profiles")
def profiles() -> None:
    """Profiles: list, add, import, export, remove, test; and the sandboxes each can use."""


@profiles.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_profiles(as_json: bool) -> None:
    """Show every profile and where its secret is."""
    rows = asyncio.run(_profiles().list())
    if as_json:
        for row in rows:
            click.echo(json.dumps(_row_json(row)))
        return
    table = []
    for row in rows:
        profile = row.profile
        name = profile.name + ("*" if row.is_current else "")
        sandbox = f"{profile.sandbox} (read only)" if profile.read_only else profile.sandbox
        ends = moment(row.token_expires_at)
        table.append((name, profile.org_id, sandbox, row.secret_where, ends, profile.platform_url))
    print_table(("NAME", "ORGANISATION", "SANDBOX", "SECRET", "TOKEN ENDS", "PLATFORM"), table)
    click.echo("* is used when no profile is named.", err=True)


@profiles.command()
@click.argument("name")
@click.option("--client-id", help="The API key of the OAuth server-to-server credential.")
@click.option("--org-id", help="The organisation, such as 1234567890ABCDEF12345678@AdobeOrg.")
@click.option("--sandbox", help="The sandbox's name, such as prod.")
@click.option("--platform-url", help="Another platform address, such as that of `aeptui local serve`.")
@click.option("--ims-url", help="Another address for tokens.")
@click.option("--scopes", help="Other scopes, separated by commas.")
@click.option("--read-only/--no-read-only", default=None, help="Refuse every change before it is sent.")
@_store_option
@click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin; so it does when stdin is no terminal.")
@_replace_option
@click.option("--json", "as_json", is_flag=True, help="Print the profile as one JSON object.")
def add(
    name: str,
    store: str | None,
    secret_stdin: bool,
    replace: bool,
    as_json: bool,
    read_only: bool | None,
    **options: str | None,
) -> None:
    """Add a profile. What is missing is asked for when there is a terminal.

    The secret is the client secret, or a ready-made access token.
    """
    flag = {"read_only": None if read_only is None else str(read_only)}

    def secret(wanted: bool) -> str:
        return _read_secret(name, secret_stdin, wanted)

    asyncio.run(_add(name, store, replace, as_json, {**options, **flag}, secret))


@profiles.command(name="import")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--name", help="Another name for the profile than the file suggests.")
@click.option("--client-id", help="Which credential, when the file has several.")
@click.option("--sandbox", help="The sandbox's name, where the file has none.")
@_store_option
@_replace_option
@click.option("--json", "as_json", is_flag=True, help="Print the profile as one JSON object.")
def import_profile(
    file: str,
    name: str | None,
    client_id: str | None,
    sandbox: str | None,
    store: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Import a profile from another tool's FILE; its secret goes where secrets are kept.

    Understood are a project or credential download of Adobe Developer Console, a Postman environment, an aepp config
    file, and an export of aeptui.
    """

    async def work() -> None:
        found = await _profiles().read_file(file, client_id)
        click.echo(f"{file}: {found.kind}", err=True)
        values = {**found.values, **({"sandbox": sandbox} if sandbox else {})}

        def secret(wanted: bool) -> str:
            return found.secret.reveal() if found.secret is not None and wanted else ""

        await _add(name or found.name, store, replace, as_json, values, secret)
        for remark in found.remarks:
            if not (sandbox and "no sandbox" in remark):
                click.echo(remark, err=True)

    asyncio.run(work())


@profiles.command(name="export")
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="A new file; without it, stdout.")
def export_profile(name: str, output: str | None) -> None:
    """Write a profile as TOML, without its secret."""
    door = _profiles()
    if output is None:
        click.echo(asyncio.run(door.export(name)), nl=False)
    else:
        click.echo(f"Wrote {asyncio.run(door.export_to(name, output))}.", err=True)


async def _add(
    name: str,
    store: str | None,
    replace: bool,
    as_json: bool,
    options: Mapping[str, str | None],
    read_secret: Callable[[bool], str],
) -> None:
    from aeptui.credentials import Secret

    door = _profiles()
    rows = {row.profile.name: row.profile for row in await door.list()}
    before = rows.get(name) if replace else None
    values = {} if before is None else {key: str(value) for key, value in before.model_dump().items()}
    values |= {key: value for key, value in options.items() if value is not None} | {"name": name}
    taken = () if replace else tuple(rows)
    problems = door.check(values, taken)
    if _on_terminal():
        for field, words in (("client_id", "Client id"), ("org_id", "Organisation id"), ("sandbox", "Sandbox")):
            while field in problems and (options.get(field) is None or values.get(field, "") == ""):
                values[field] = click.prompt(words, err=True)
                problems = door.check(values, taken)
                if field in problems:
                    click.echo(problems[field], err=True)
                    values[field] = ""
    if problems:
        raise click.UsageError("\n".join(f"{_label(field)}: {problem}" for field, problem in problems.items()))
    profile = door.make(values)
    place, why_not = await _place(door, store)
    text = read_secret(place in {"keyring", "file"})
    if place in {"keyring", "file"}:
        if place == "file":
            await _open_file(door)
        note = await door.save(profile, Secret.from_input(text) if text else None, cast("StoreIn", place))
        if not text and before is None:
            note = f"No secret was given. {_KEPT_NOWHERE}"
    elif place == "environment":
        note = await door.save(profile, None, "environment")
    else:
        await door.save(profile, None, "session")
        note = f"{why_not} The secret is for one session only, and is not kept here. {_KEPT_NOWHERE}".strip()
    saved = next(row for row in await _profiles().list() if row.profile.name == name)
    if as_json:
        click.echo(json.dumps(_row_json(saved)))
    click.echo(f"Profile {name} is saved. {note}".strip(), err=True)


async def _open_file(door: Profiles) -> None:
    """Open the encrypted file, or begin it; the passphrase is typed at the terminal, never an argument."""
    state = await door.secrets_file()
    if not state.is_open:
        if not _on_terminal():
            raise PassphraseNeeded(
                "The encrypted file needs its passphrase, and there is no terminal to type it at.",
                f"Run this at a terminal, or use {_VARIABLE}.",
            )
        await door.open_secrets_file(ask_passphrase(new=not state.exists))


async def _place(door: Profiles, store: str | None) -> tuple[str, str]:
    """Where the secret shall be kept, and why not in the keyring."""
    if store in {"session", "environment", "file"}:
        return str(store), ""
    usability = await door.keyring_usability()
    if usability.ok:
        return "keyring", ""
    if store == "keyring":
        raise CredentialsError(f"Nothing was saved. {usability.reason}", usability.hint)
    return "session", usability.reason


def _read_secret(name: str, from_stdin: bool, wanted: bool) -> str:
    """The secret as it came in; stdin is read even when nothing is kept, so that a writer is not cut off."""
    if from_stdin or not _on_terminal():
        text = sys.stdin.readline()
        return text if wanted else ""
    if not wanted:
        return ""
    return str(
        click.prompt(
            f"Client secret of {name} (not shown; empty: none)",
            hide_input=True,
            err=True,
            default="",
            show_default=False,
        )
    )


@profiles.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Remove a profile and its secret. Nothing on the platform changes."""
    if not yes and _on_terminal():
        click.confirm(f"Remove the profile {name} and its secret?", abort=True, err=True)
    left = asyncio.run(_profiles(in_use=False).remove(name))
    click.echo(f"Profile {name} is removed. {left}".strip(), err=True)


@profiles.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finished stage.")
def test(name: str | None, as_json: bool) -> None:
    """Try a profile stage by stage: token, organisation, sandbox, schemas, sources."""
    failed = asyncio.run(_test(name, as_json))
    if failed:
        raise click.exceptions.Exit(ExitCode.CREDENTIALS)


async def _test(name: str | None, as_json: bool) -> bool:
    return await _with_door(name, lambda door, profile: _print_test(door, profile, as_json))


async def _with_door(name: str | None, work: Callable[[Profiles, Profile], Awaitable[T]]) -> T:
    """Do it with the profile of that name, or the one used last; the local platform is opened for it."""
    from aeptui.config import choose_profile

    profile = choose_profile(_paths(), name)
    if not profile.is_local:
        door = _profiles()
        if profile.secret_store == "file" and _on_terminal() and not any(map(os.environ.get, _GIVEN)):
            await _open_file(door)
        return await work(door, profile)
    from aeptui.session import Session

    session = await Session.open(profile.name, paths=_paths())
    try:
        return await work(session.profiles, profile)
    finally:
        await session.aclose()


@profiles.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per sandbox.")
def sandboxes(name: str | None, as_json: bool) -> None:
    """List the sandboxes that a profile's credential can use; production ones are marked."""

    async def work(door: Profiles, profile: Profile) -> list[Sandbox]:
        return list(await door.sandboxes_of(profile.name))

    found = asyncio.run(_with_door(name, work))
    if as_json:
        for one in found:
            row = {"name": one.name, "title": one.title, "type": one.type, "state": one.state, "region": one.region}
            click.echo(json.dumps({"event": "sandbox", **row}))
        return
    if not found:
        click.echo("This credential can use no sandbox: ask an administrator for one.", err=True)
    rows = [(one.name, "PRODUCTION" if one.is_production else one.type, one.state, one.title) for one in found]
    print_table(("NAME", "TYPE", "STATE", "TITLE"), rows)


async def _print_test(door: Profiles, profile: Profile, as_json: bool) -> bool:
    failed = False
    async for stage in door.test(profile.name):
        if stage.state == "running":
            continue
        failed = failed or stage.state == "failed"
        if as_json:
            click.echo(json.dumps({"event": "profile_test_stage", "profile": profile.name, **asdict(stage)}))
        else:
            _print_stage(stage)
    return failed


def _print_stage(stage: TestStage) -> None:
    took = f"  ({stage.duration_ms} ms)" if stage.duration_ms is not None else ""
    click.echo(f"{stage.state:8}{stage.name:14}{stage.detail}{took}".rstrip())
    for text in (stage.meaning, stage.hint):
        if text:
            click.echo(f"{'':22}{text}")
    if stage.ask:
        click.echo(f"{'':22}For an administrator:")
        for line in stage.ask.splitlines():
            click.echo(f"{'':24}{line}")


def _label(field: str) -> str:
    return "NAME" if field == "name" else f"--{field.replace('_', '-')}"


def _row_json(row: ProfileRow) -> dict[str, object]:
    return {
        "event": "profile",
        **row.profile.model_dump(),
        "is_current": row.is_current,
        "secret_where": row.secret_where,
        "token_expires_at": row.token_expires_at.isoformat() if row.token_expires_at else None,
    }


def _paths() -> Paths:
    from aeptui.config import Paths

    return Paths.from_environment()


def _profiles(in_use: bool = True) -> Profiles:
    """What this command works on; with `in_use` the profile used last counts as current."""
    from aeptui.clock import SystemClock, SystemIds
    from aeptui.config import choose_profile, local_profile
    from aeptui.credentials import default_vaults
    from aeptui.errors import ConfigError
    from aeptui.session.profiles import Profiles

    paths = _paths()
    current = local_profile()
    if in_use:
        # $AEPTUI_PROFILE may name one that is yet to be added.
        with contextlib.suppress(ConfigError):
            current = choose_profile(paths)
    return Profiles(paths, default_vaults(paths.secrets_file), current, SystemClock(), SystemIds())


def _on_terminal() -> bool:
    return sys.stdin.isatty()
