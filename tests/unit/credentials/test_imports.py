"""Other tools' files as profiles: what is found, what is said, and that a secret stays one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aeptui.config import Profile
from aeptui.credentials.imports import STILL_THERE, Imported, export_profile, profile_name, read_import
from aeptui.errors import ConfigError

CANARY = "p8e-canary-import-5150"
ORG = "1234567890ABCDEF12345678@AdobeOrg"
SHARED = Path(__file__).parents[4] / "shared" / "postman" / "Environment Template.postman_environment.json"


def oauth(client_id: str = "client-1", **more: Any) -> dict[str, Any]:
    details = {"client_id": client_id, "client_secrets": [CANARY], "scopes": ["openid", "AdobeID"], **more}
    return {"integration_type": "oauth_server_to_server", "oauth_server_to_server": details}


def project(*credentials: dict[str, Any]) -> str:
    details = {"credentials": list(credentials)}
    return json.dumps(
        {"project": {"title": "Acme Loyalty!", "org": {"ims_org_id": ORG}, "workspace": {"details": details}}}
    )


def read(text: str, **options: Any) -> Imported:
    return read_import(text, "acme.json", **options)


def revealed(found: Imported) -> str:
    return found.secret.reveal() if found.secret is not None else ""


def test_a_console_project_gives_all_but_the_sandbox() -> None:
    found = read(project(oauth()))
    assert found.kind == "Adobe Developer Console project"
    assert found.name == "acme-loyalty"
    assert found.values == {"client_id": "client-1", "org_id": ORG, "scopes": "openid,AdobeID"}
    assert revealed(found) == CANARY
    assert STILL_THERE in found.remarks
    assert any("no sandbox" in remark for remark in found.remarks)


def test_an_older_spelling_is_read_too() -> None:
    credential = {"oauthservertoserver": {"client_id": "client-1", "client_secrets": [CANARY, "other-secret"]}}
    found = read(project(credential))
    assert revealed(found) == CANARY
    assert any("2 client secrets" in remark for remark in found.remarks)


def test_a_project_without_the_right_credential_says_what_to_add() -> None:
    with pytest.raises(ConfigError, match="service") as caught:
        read(project({"integration_type": "service", "jwt": {"client_id": "x"}}))
    assert "OAuth server-to-server" in caught.value.hint


def test_several_credentials_are_named_and_one_can_be_chosen() -> None:
    text = project(oauth("client-1"), oauth("client-2"))
    with pytest.raises(ConfigError, match="client-1, client-2") as caught:
        read(text)
    assert "--client-id" in caught.value.hint
    assert read(text, client_id="client-2").values["client_id"] == "client-2"


def test_a_credential_the_file_does_not_have_is_not_called_missing_altogether() -> None:
    with pytest.raises(ConfigError, match="no OAuth server-to-server credential client-9; it has: client-1") as caught:
        read(project(oauth("client-1")), client_id="client-9")
    assert "Add one" not in caught.value.hint


def test_a_placeholder_among_the_secrets_is_passed_over() -> None:
    found = read(project(oauth(client_secrets=["<secret>", CANARY])))
    assert revealed(found) == CANARY
    assert not any("client secrets" in remark for remark in found.remarks)


def test_a_credential_download_is_read() -> None:
    found = read(json.dumps({"ORG_ID": ORG, "CLIENT_ID": "client-1", "CLIENT_SECRETS": [CANARY], "SCOPES": ["openid"]}))
    assert (found.values["org_id"], revealed(found)) == (ORG, CANARY)


def environment(**values: str) -> str:
    rows = [{"key": key, "value": value, "enabled": True} for key, value in values.items()]
    return json.dumps({"name": "Acme dev", "values": rows})


def test_a_postman_environment_gives_its_secret_to_the_vault_and_says_it_is_still_there() -> None:
    found = read(
        environment(
            CLIENT_SECRET=CANARY,
            API_KEY="client-1",
            IMS_ORG=ORG,
            SANDBOX_NAME="dev",
            IMS="ims-na1.adobelogin.com",
            SCOPES="openid, AdobeID",
        )
    )
    assert (found.kind, found.name, revealed(found)) == ("Postman environment", "acme-dev", CANARY)
    assert found.values["ims_url"] == "https://ims-na1.adobelogin.com"
    assert found.values["sandbox"] == "dev"
    assert found.values["scopes"] == "openid,AdobeID"
    assert found.remarks == (STILL_THERE,)


def test_a_postman_environment_with_a_token_only_gives_the_token() -> None:
    found = read(environment(ACCESS_TOKEN="eyJhbGciOiJub25lIn0.eyJleHAiOjF9.x", API_KEY="client-1", IMS_ORG=ORG))
    assert found.secret is not None
    assert found.secret.is_access_token
    assert any("token ends" in remark for remark in found.remarks)


TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.x"


def test_a_placeholder_for_the_secret_does_not_hide_a_token_the_file_still_holds() -> None:
    found = read(environment(CLIENT_SECRET="{{vault:secret}}", ACCESS_TOKEN=TOKEN))
    assert revealed(found) == TOKEN
    assert STILL_THERE in found.remarks


def test_a_placeholder_is_no_address() -> None:
    assert read(environment(IMS="<host>", PLATFORM_GATEWAY="{{gateway}}")).values == {}


def test_a_disabled_value_is_not_taken() -> None:
    rows = [{"key": "SANDBOX_NAME", "value": "prod", "enabled": False}, {"key": "API_KEY", "value": "client-1"}]
    assert "sandbox" not in read(json.dumps({"name": "x", "values": rows})).values


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the reference files are not beside the repository")
def test_adobe_s_own_template_is_recognised() -> None:
    found = read(SHARED.read_text("utf-8"))
    assert found.kind == "Postman environment"
    assert found.values["ims_url"] == "https://ims-na1.adobelogin.com"
    assert found.secret is None


@pytest.mark.parametrize(
    ("stage", "platform"), [("prod", None), ("stage", "https://platform-stage.adobe.io"), ("", None)]
)
def test_an_aepp_config_is_read(stage: str, platform: str | None) -> None:
    raw = {"org_id": ORG, "client_id": "client-1", "secret": CANARY, "sandbox-name": "dev", "environment": stage}
    found = read(json.dumps({**raw, "scopes": "openid", "pathToKey": "key.pem"}))
    assert found.values.get("platform_url") == platform
    assert found.values["sandbox"] == "dev"
    assert revealed(found) == CANARY
    assert any("JWT" in remark for remark in found.remarks)


@pytest.mark.parametrize("stage", ["x.example.com/", "a b", "stage@example.com", "stage.example.com#"])
def test_an_aepp_environment_cannot_lead_to_another_host(stage: str) -> None:
    with pytest.raises(ConfigError, match="environment"):
        read(json.dumps({"org_id": ORG, "client_id": "client-1", "secret": CANARY, "environment": stage}))


def test_placeholders_are_no_values() -> None:
    raw = {"org_id": "<orgID>", "client_id": "{{API_KEY}}", "secret": "<YourSecret>", "scopes": "Put your scopes here"}
    raw |= {"environment": "<environment>", "pathToKey": "<path/to/your/private.key>"}
    found = read(json.dumps(raw))
    assert found.values == {}
    assert found.secret is None
    assert found.remarks == ("The file names no sandbox; choose one.",)


@pytest.mark.parametrize(
    ("text", "name"),
    [("Acme: Dev!", "acme-dev"), ("-.x", "x"), ("", "imported"), ("Local", "imported"), ("a" * 39 + "-b", "a" * 39)],
)
def test_a_suggested_name_is_one_a_profile_can_have(text: str, name: str) -> None:
    assert profile_name(text) == name
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", profile_name(text * 50))


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read("\ufeff" + environment(API_KEY="client-1")).values == {"client_id": "client-1"}
    assert read("\ufeff" + export_profile(Profile(name="acme-dev"))).name == "acme-dev"


def test_what_a_file_calls_its_parts_is_shown_short_and_without_control_characters() -> None:
    with pytest.raises(ConfigError) as caught:
        read(json.dumps({"\x1b[31m" + "k" * 9000: 1, "\ud800": 2}))
    assert caught.value.title.isprintable()
    assert len(caught.value.title) < 300


def test_an_export_has_no_secret_and_comes_back_as_it_was() -> None:
    profile = Profile(name="acme-dev", client_id="client-1", org_id=ORG, sandbox="dev", read_only=True)
    text = export_profile(profile)
    assert "secret is not in here" in text
    assert "secret_store" not in text
    found = read(text)
    assert (found.name, found.secret) == ("acme-dev", None)
    again = Profile.model_validate({"name": found.name, **found.values})
    assert again == profile
    assert read(export_profile(Profile(name="Acme-PROD"))).name == "Acme-PROD"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no table"),
        ("hello", "neither JSON nor TOML"),
        ("{", "line 1, column 2"),
        ("[1]", "table"),
        ('["x"]', "a list"),
        ('{"a": 1}', "it has: a"),
        ('{"values": [1, 2]}', "it has: values"),
        ('{"a":' * 50_000, "not valid JSON"),
        ("a = " + "9" * 5000, "neither JSON nor TOML"),
        ("[profiles.a]\n[profiles.b]\n", "several profiles: a, b"),
        ("x" * 1_100_000, "larger"),
        ('{"project": {}}', "OAuth server-to-server"),
    ],
)
def test_another_file_is_refused_with_what_is_understood(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read(text)
    assert caught.value.hint


def test_a_secret_is_masked_wherever_the_import_is_shown() -> None:
    found = read(project(oauth()))
    assert CANARY not in repr(found)
    assert CANARY not in str(found)
    with pytest.raises(ConfigError) as caught:
        read(project(oauth("client-1"), oauth("client-2")))
    assert CANARY not in f"{caught.value}{caught.value.hint}"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    ["project", "values", "org_id", "client_id", "CLIENT_ID", "CLIENT_SECRETS", "secret", "workspace", "name", "scopes"]
)


@given(st.text(max_size=200) | st.dictionaries(keys, json_values).map(json.dumps))
@example("a = " + "9" * 5000)
def test_any_text_is_an_import_or_an_error_in_words(text: str) -> None:
    try:
        found = read(text)
    except ConfigError as error:
        assert error.hint  # noqa: PT017 - either outcome is right
        return
    assert profile_name(found.name) == found.name
