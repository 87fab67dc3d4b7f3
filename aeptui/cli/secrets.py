"""`aeptui secrets`: the secrets that pipelines name. A secret is never an argument: arguments are public."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

import click

from aeptui.cli.output import print_table, talk
from aeptui.cli.running import ask_passphrase
from aeptui.errors import ConfigError, CredentialsError, ExitCode, PassphraseNeeded

if TYPE_CHECKING:
    from aeptui.credentials.choose import KeptIn
    from aeptui.credentials.named import NamedSecrets


@click.group(name="secrets")
def secrets() -> None:
    """Secrets that pipelines name in [base_connection.params]: set, list, remove.

    Where a name is kept nowhere, `aeptui run` takes the variable AEPTUI_SECRET_NAME, or asks at the terminal.
    """


@secrets.command(name="set")
@click.argument("name")
@click.option(
    "--store",
    type=click.Choice(["keyring", "file"]),
    default="keyring",
    show_default=True,
    help="Where it is kept: the operating system's keyring, or an encrypted file (asks for its passphrase).",
)
@click.option("--secret-stdin", is_flag=True, help="Read the secret from stdin; so it does when stdin is no terminal.")
def set_secret(name: str, store: str, secret_stdin: bool) -> None:
    """Keep the secret NAME. It is typed at a prompt that shows nothing, or comes from stdin, with its line breaks."""
    from aeptui.chain.toml_params import SECRET_NAME
    from aeptui.credentials import Secret
    from aeptui.credentials.named import variable_of

    if not SECRET_NAME.fullmatch(name):
        raise click.BadParameter(f"{name!r} is no name for a secret: letters, digits, _ . and -, a letter first.")
    kept = _named()
    if store == "file":
        _open_file()
    if secret_stdin or not sys.stdin.isatty():
        text = sys.stdin.read().strip("\r\n")
    else:
        text = str(click.prompt(f"Secret {name} (not shown)", hide_input=True, err=True))
    if not text:
        raise CredentialsError("The secret is empty.", "Nothing was changed.")
    where = kept.store(name, Secret(text), cast("KeptIn", store))
    if where.vault_name == "session":
        raise CredentialsError(
            f"The secret {name} was not kept. {where.note.replace('The secret is kept for this session only.', '')}",
            f"Say --store file, or set {variable_of(name)} before `aeptui run`.",
        )
    talk(f"Secret {name}: {where.note}")


@secrets.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_secrets(as_json: bool) -> None:
    """Show the names of the secrets that are kept, and where; never a secret."""
    names = _named().names()
    if as_json:
        for name, where in names.items():
            click.echo(json.dumps({"event": "secret", "name": name, "where": where}))
        return
    print_table(("NAME", "KEPT IN"), names.items())


@secrets.command()
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Delete the secret NAME. What was made with it on the platform stays."""
    kept = _named()
    if kept.names().get(name) == "file":
        _open_file()
    if not kept.forget(name):
        raise ConfigError(f"There is no secret {name!r} here.", "`aeptui secrets list` shows the names.")
    talk(f"Secret {name} is removed.")
    ctx.exit(int(ExitCode.DONE))


def _named() -> NamedSecrets:
    from aeptui.config import Paths
    from aeptui.credentials import default_vaults
    from aeptui.credentials.named import NamedSecrets

    paths = Paths.from_environment()
    return NamedSecrets(paths.secret_names, default_vaults(paths.secrets_file))


def _open_file() -> None:
    """Open the encrypted file, or begin it; its passphrase is typed at the terminal."""
    from aeptui.config import Paths
    from aeptui.credentials import Secret, default_vaults, file_of

    vault = file_of(default_vaults(Paths.from_environment().secrets_file))
    if vault is None or vault.usable().ok:
        return
    if not sys.stdin.isatty():
        raise PassphraseNeeded(
            "The encrypted file needs its passphrase, and there is no terminal to type it at.",
            "Run this at a terminal, or use the keyring.",
        )
    is_new = not vault.exists
    passphrase = Secret(ask_passphrase(new=is_new))
    if is_new:
        vault.create(passphrase)
    else:
        vault.unlock(passphrase)
