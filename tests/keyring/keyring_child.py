"""One process on a real keyring: `keyring_child.py store|read|delete|usable|frozen`; prints JSON, never a secret.

The secret to store or to compare with comes on stdin.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

from aeptui.config import Paths, Profile, load_profiles, save_profile
from aeptui.credentials import default_vaults, describe, find_secret, forget_secret, keyring_of, store_secret
from aeptui.credentials.secret import Secret
from aeptui.errors import CredentialsError

NAME = "acme"


def daemon_of_this_bus() -> int:
    """The process that holds the secrets."""
    from jeepney.bus_messages import message_bus
    from secretstorage import dbus_init

    reply = dbus_init().send_and_get_reply(message_bus.GetConnectionUnixProcessID("org.freedesktop.secrets"))
    return int(reply.body[0])


def act(verb: str, text: str) -> dict[str, object]:
    paths = Paths.from_environment()
    vaults = default_vaults(paths.secrets_file)
    if verb == "usable":
        usability = keyring_of(vaults)
        return {"ok": usability.ok, "reason": usability.reason, "hint": usability.hint, "locked": usability.locked}
    if verb == "frozen":
        daemon = daemon_of_this_bus()
        os.kill(daemon, signal.SIGSTOP)
        begun = time.monotonic()
        try:
            usability = keyring_of(vaults)
            return {"ok": usability.ok, "reason": usability.reason, "took_s": time.monotonic() - begun}
        finally:
            os.kill(daemon, signal.SIGKILL)
    if verb == "store":
        stored = store_secret(NAME, Secret.from_input(text), vaults, "keyring")
        profile = Profile(name=NAME, secret_store="keyring" if stored.vault_name == "keyring" else "session")
        save_profile(paths, profile)
        same = find_secret(profile, vaults).secret == Secret.from_input(text)
        return {"vault": stored.vault_name, "note": stored.note, "same": same}
    profile = load_profiles(paths)[NAME]
    if verb == "delete":
        return {"left": forget_secret(profile, vaults), "where": describe(profile, vaults)}
    try:
        found = find_secret(profile, vaults)
    except CredentialsError as error:
        return {"error": error.title, "hint": error.hint}
    return {
        "vault": found.vault_name,
        "same": found.secret == Secret.from_input(text),
        "where": describe(profile, vaults),
    }


if __name__ == "__main__":
    print(json.dumps(act(sys.argv[1], sys.stdin.read())))
