"""Where things live, and which profiles exist. Reads TOML; never holds a secret.

Flags beat the environment, the environment beats `config.toml`, the file beats the defaults.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from aeptui.errors import ConfigError

LOCAL_PROFILE = "local"
"""The profile of the local platform; it always exists."""

DEFAULT_SCOPES = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"
SecretStore = Literal["keyring", "session", "file", "environment", "none"]


class Paths(BaseModel):
    """The folders of one installation; none is created by being named."""

    model_config = ConfigDict(frozen=True)

    config: Path
    state: Path
    data: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Paths:
        """`$AEPTUI_HOME` holds everything when it is set; else the platform's own three folders."""
        home = (os.environ if environment is None else environment).get("AEPTUI_HOME")
        if home:
            folder = Path(home).expanduser().absolute()
            return cls(config=folder, state=folder, data=folder)
        import platformdirs

        return cls(
            config=Path(platformdirs.user_config_dir("aeptui")),
            state=Path(platformdirs.user_state_dir("aeptui")),
            data=Path(platformdirs.user_data_dir("aeptui")),
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def last_profile_file(self) -> Path:
        return self.state / "last.json"

    @property
    def executions(self) -> Path:
        """One journal per execution."""
        return self.state / "executions"

    @property
    def pipelines(self) -> Path:
        """Saved pipelines, `NAME.toml`."""
        return self.data / "pipelines"

    @property
    def drafts(self) -> Path:
        """Unsaved edits of the pipeline editor."""
        return self.state / "drafts"

    @property
    def limits(self) -> Path:
        """The pace of each client id, shared by all processes."""
        return self.state / "limits"

    @property
    def secret_names(self) -> Path:
        """The names of the secrets that pipelines use, and where each is kept; no secret."""
        return self.config / "secret-names.json"

    @property
    def secrets_file(self) -> Path:
        """The encrypted file of secrets, for who wants one."""
        return self.config / "secrets" / "secrets.json"

    @property
    def local(self) -> Path:
        """Data of the local platform."""
        return self.data / "local"


class Profile(BaseModel):
    """Where to talk to. Its secret lives in a vault, under `name`, never here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    platform_url: str = "https://platform.adobe.io"
    ims_url: str = "https://ims-na1.adobelogin.com"
    client_id: str = ""
    org_id: str = ""
    sandbox: str = ""
    scopes: str = DEFAULT_SCOPES
    secret_store: SecretStore = "keyring"
    read_only: bool = False
    """Nothing that changes the platform is ever sent with this profile."""

    @field_validator("platform_url", "ims_url")
    @classmethod
    def _https_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
            raise ValueError("must be https://... (http only for this machine, such as http://127.0.0.1:8080)")
        return value.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Is this the embedded platform?"""
        return self.name == LOCAL_PROFILE


class ClientSettings(BaseModel):
    """How long the client waits; `[client]` of `config.toml`, or variables such as AEPTUI_READ_TIMEOUT_S."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_timeout_s: float = Field(default=10.0, gt=0, le=3600)
    """For a connection."""
    read_timeout_s: float = Field(default=60.0, gt=0, le=3600)
    """For the next piece of an answer."""
    total_timeout_s: float = Field(default=300.0, gt=0, le=86400)
    """For one call with all its attempts; downloads may take longer."""


def client_settings(paths: Paths, environment: Mapping[str, str] | None = None) -> ClientSettings:
    """The environment's, else the file's, else the defaults.

    Raises:
        ConfigError: one of them is no number of seconds; names where it stands.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    table = _read_config(paths).get("client", {})
    where = f"{paths.config_file}: [client]"
    if isinstance(table, Mapping):
        values.update(table)
    for key in ClientSettings.model_fields:
        variable = f"AEPTUI_{key.upper()}"
        if environment.get(variable):
            values[key] = environment[variable]
            where = f"{where}, {variable}"
    try:
        return ClientSettings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigError(
            f"{where}: {problems}.", f"Known keys, in seconds: {', '.join(ClientSettings.model_fields)}."
        ) from error


def local_profile() -> Profile:
    """The profile that is always there: the embedded platform, reached without a port."""
    return Profile(
        name=LOCAL_PROFILE,
        platform_url="http://localhost",
        ims_url="http://localhost",
        client_id="local-client",
        org_id="LOCAL0000000000000000@AdobeOrg",
        sandbox="prod",
        secret_store="none",
    )


def load_profiles(paths: Paths) -> dict[str, Profile]:
    """All profiles, `local` first, by name.

    Raises:
        ConfigError: the file is not TOML, or a profile in it is wrong; names file, profile and key.
    """
    profiles = {LOCAL_PROFILE: local_profile()}
    table: object = _read_config(paths).get("profiles", {})
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"{paths.config_file}: [profiles] is not a table of profiles.",
            "Write [profiles.NAME], or move the file away.",
        )
    for name, values in table.items():
        if name == LOCAL_PROFILE:
            raise ConfigError(
                f"{paths.config_file}: a profile cannot be named {LOCAL_PROFILE!r}; that is the local platform.",
                f"Rename [profiles.{LOCAL_PROFILE}] in that file.",
            )
        profiles[name] = parse_profile(name, values, where=f"{paths.config_file}: [profiles.{name}]")
    return profiles


def parse_profile(name: str, values: object, where: str) -> Profile:
    """One profile from plain values; `where` begins every error."""
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"{where} is not a table.", "Write it as a TOML table with platform_url, client_id, org_id, sandbox."
        )
    try:
        return Profile(name=name, **{str(key): value for key, value in values.items()})
    except (ValidationError, TypeError) as error:
        problems = (
            [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
            if isinstance(error, ValidationError)
            else [str(error)]
        )
        raise ConfigError(
            f"{where}: {'; '.join(problems)}.",
            f"Known keys: {', '.join(key for key in Profile.model_fields if key != 'name')}.",
        ) from error


def save_profile(paths: Paths, profile: Profile) -> None:
    """Write one profile into `config.toml`, keeping the rest of the file and its comments."""
    import tomlkit

    document = tomlkit.parse(_read_text(paths.config_file))
    profiles = document.setdefault("profiles", tomlkit.table(is_super_table=True))
    table = profiles.get(profile.name)
    if table is None:
        table = tomlkit.table()
        profiles[profile.name] = table
    for key, value in profile.model_dump(exclude={"name"}).items():
        if value in ("", False) and key not in table:
            continue
        table[key] = value
    write_private(paths.config_file, tomlkit.dumps(document))


def remove_profile(paths: Paths, name: str) -> None:
    """Take one profile out of `config.toml`; its secret is the vault's business."""
    import tomlkit

    document = tomlkit.parse(_read_text(paths.config_file))
    profiles = document.get("profiles", {})
    if name not in profiles:
        raise ConfigError(f"There is no profile named {name!r}.", "`aeptui profiles list` shows the names.")
    del profiles[name]
    write_private(paths.config_file, tomlkit.dumps(document))


def last_profile(paths: Paths) -> str | None:
    """The profile used last, or None at the first start."""
    try:
        value = json.loads(paths.last_profile_file.read_text("utf-8")).get("profile")
    except (OSError, ValueError, AttributeError):
        return None
    return value if isinstance(value, str) else None


def remember_profile(paths: Paths, name: str) -> None:
    """Make `name` the profile that is opened when none is named."""
    if last_profile(paths) != name:
        write_private(paths.last_profile_file, json.dumps({"profile": name}))


def choose_profile(paths: Paths, name: str | None = None, environment: Mapping[str, str] | None = None) -> Profile:
    """The profile to use: the given name, else `$AEPTUI_PROFILE`, else the last one, else `local`.

    Raises:
        ConfigError: there is no profile of that name.
    """
    wanted = name or (os.environ if environment is None else environment).get("AEPTUI_PROFILE")
    profiles = load_profiles(paths)
    if wanted is None:
        return profiles.get(last_profile(paths) or LOCAL_PROFILE, profiles[LOCAL_PROFILE])
    if wanted not in profiles:
        raise ConfigError(
            f"There is no profile named {wanted!r}; there are: {', '.join(profiles)}.",
            "Add it in the TUI (Profiles, key n) or with `aeptui profiles add`.",
        )
    return profiles[wanted]


def read_whole(path: Path, largest: int) -> bytes:
    """Read a file whole. A pipe or a device, which might have no end or nobody at its other one, is none.

    Raises:
        OSError: it cannot be read, is no file, or has more bytes than `largest`.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no file", str(path))
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"It has more than {largest // 1_000_000} MB", str(path))
    return data


def write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner only; a crash leaves the old or the new one.

    Where a link leads is written, and the link stays; a pipe or a device is not replaced by a file.

    Raises:
        OSError: it cannot be written, or is no file.
    """
    write_private_bytes(path, text.encode("utf-8"))


def write_private_bytes(path: Path, data: bytes) -> None:
    """The same, for what is no text."""
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "It is no file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Mend the file or move it away.") from error


def _read_config(paths: Paths) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(_read_text(paths.config_file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{paths.config_file} is not valid TOML: {error}.", "Mend that line, or move the file away."
        ) from error
