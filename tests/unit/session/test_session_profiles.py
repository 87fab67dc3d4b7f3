"""Profiles of a session: what saving, moving and removing do to files and vaults, and the stages of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, Profile, load_profiles, local_profile, save_profile
from aeptui.credentials import EnvironmentVault, Secret, SessionVault, Usability
from aeptui.errors import ConfigError, CredentialsError
from aeptui.session.profile_problems import profile_problems
from aeptui.session.profiles import Profiles

ACME = Profile(name="acme", client_id="abc", org_id="123ABC@AdobeOrg", sandbox="dev")
CANARY = "p8e-canary-of-a-session-99"


class DictKeyring(SessionVault):
    """A keyring that is a dictionary."""

    def __init__(self, usability: Usability | None = None) -> None:
        super().__init__()
        self.name = "keyring"
        self.usability = usability or Usability(True, where="keyring (test)")

    def usable(self) -> Usability:
        return self.usability


class Place:
    """A home, its vaults and the profiles on them."""

    def __init__(self, home: Path, usability: Usability | None = None) -> None:
        self.paths = Paths(config=home, state=home, data=home)
        self.session, self.keyring = SessionVault(), DictKeyring(usability)
        self.vaults = (EnvironmentVault({}), self.session, self.keyring)
        self.profiles = Profiles(self.paths, self.vaults, local_profile(), ManualClock(), SeededIds())

    @property
    def saved(self) -> dict[str, Profile]:
        return load_profiles(self.paths)

    def store_of(self, name: str) -> str:
        return self.saved[name].secret_store


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_saving_keeps_the_secret_in_the_keyring_and_comments_in_the_file(place: Place) -> None:
    place.paths.config_file.parent.mkdir(exist_ok=True)
    place.paths.config_file.write_text("# mine\n[profiles.other]\nclient_id = 'x' # why\n", "utf-8")
    note = await place.profiles.save(ACME, CANARY)
    assert note == "The secret is in the keyring (test)."
    text = place.paths.config_file.read_text("utf-8")
    assert "# mine" in text
    assert "# why" in text
    assert CANARY not in text
    assert place.keyring.read("acme") == Secret(CANARY)
    rows = {row.profile.name: (row.is_current, row.secret_where) for row in await place.profiles.list()}
    assert rows == {
        "local": (True, "not needed"),
        "other": (False, "missing"),
        "acme": (False, "keyring (test)"),
    }


async def test_saving_without_a_usable_keyring_notes_where_the_secret_really_is(tmp_path: Path) -> None:
    place = Place(tmp_path, Usability(False, "The keyring is locked.", locked=True))
    note = await place.profiles.save(ACME, CANARY, "keyring")
    assert note.startswith("The keyring is locked.")
    assert place.store_of("acme") == "session"


async def test_saving_without_a_secret_keeps_or_moves_the_one_there_is(place: Place) -> None:
    await place.profiles.save(ACME, CANARY)
    await place.profiles.save(ACME.model_copy(update={"sandbox": "stage"}))
    assert place.keyring.read("acme") == Secret(CANARY)
    await place.profiles.save(ACME, None, "session")
    assert (place.keyring.read("acme"), place.session.read("acme")) == (None, Secret(CANARY))
    await place.profiles.save(ACME, None, "environment")
    assert (place.keyring.read("acme"), place.session.read("acme")) == (None, None)
    assert place.store_of("acme") == "environment"
    await place.profiles.save(ACME, None, "keyring")  # there is nothing to move
    assert place.store_of("acme") == "keyring"


async def test_a_wrong_profile_or_secret_is_refused_before_anything_is_kept(place: Place) -> None:
    with pytest.raises(ConfigError, match="@AdobeOrg"):
        await place.profiles.save(ACME.model_copy(update={"org_id": "x"}), CANARY)
    with pytest.raises(CredentialsError):
        await place.profiles.save(ACME, "two words")
    with pytest.raises(ConfigError, match="local platform's"):
        await place.profiles.save(local_profile(), CANARY)
    assert place.saved.keys() == {"local"}
    assert place.keyring.read("acme") is None


async def test_a_file_that_cannot_be_written_leaves_no_secret_behind(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    place = Place(tmp_path / "link")
    with pytest.raises(ConfigError, match="cannot be written"):
        await place.profiles.save(ACME, CANARY)
    assert place.keyring.read("acme") is None


async def test_removing_takes_profile_and_secret_and_spares_what_is_in_use(place: Place) -> None:
    await place.profiles.save(ACME, CANARY)
    assert await place.profiles.remove("acme") == ""
    assert place.saved.keys() == {"local"}
    assert place.keyring.read("acme") is None
    for name in ("local", "acme"):
        with pytest.raises(ConfigError):
            await place.profiles.remove(name)
    save_profile(place.paths, ACME)
    used = Profiles(place.paths, place.vaults, ACME, ManualClock(), SeededIds())
    with pytest.raises(ConfigError, match="in use"):
        await used.remove("acme")


def test_values_of_a_form_become_a_profile_and_empty_ones_take_the_default(place: Place) -> None:
    values = {"name": " acme ", "client_id": "abc", "org_id": "1@AdobeOrg", "sandbox": "dev", "ims_url": " "}
    profile = place.profiles.make(values | {"secret": CANARY, "store": "keyring"})
    assert (profile.name, profile.ims_url) == ("acme", "https://ims-na1.adobelogin.com")
    with pytest.raises(ConfigError, match="client id"):
        place.profiles.make(values | {"client_id": ""})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a/b"),
        ("name", "local"),
        ("name", "taken"),
        ("client_id", "a b"),
        ("org_id", "acme"),
        ("org_id", "1@techacct.adobe.com"),
        ("sandbox", "Prod"),
        ("platform_url", "ftp://x"),
        ("platform_url", "http://[broken"),
        ("ims_url", "http://example.com"),
        ("scopes", "openid, session"),
        ("secret", "a b"),
    ],
)
def test_each_wrong_value_is_named_by_its_field(field: str, value: str) -> None:
    good = {"name": "acme", "client_id": "abc", "org_id": "1@AdobeOrg", "sandbox": "dev"}
    assert profile_problems(good) == {}
    assert profile_problems(good | {field: value}, {"taken"}).keys() == {field}


# The test of a profile


async def test_a_profile_without_a_secret_fails_at_the_first_stage(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AEPTUI_ACCESS_TOKEN", raising=False)
    save_profile(place.paths, ACME)
    stages = [stage async for stage in place.profiles.test("acme")]
    assert (stages[1].state, stages[1].detail) == ("failed", "There is no secret for profile 'acme'.")
    assert [stage.state for stage in stages[2:]] == ["skipped"] * 4


async def test_the_local_profile_cannot_be_tested_while_the_local_platform_is_closed(place: Place) -> None:
    stages = [stage async for stage in place.profiles.test("local")]
    assert "not open" in stages[1].detail


async def test_an_unknown_profile_is_named(place: Place) -> None:
    with pytest.raises(ConfigError, match="nobody"):
        await anext(place.profiles.test("nobody"))
