"""The ways out of a jump host: its proxy, its own certificate authority, and errors that name what is wrong."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aeptui.api.client import AepClient
from aeptui.api.errors import AuthError, TransportError
from aeptui.api.http import Endpoints
from aeptui.api.network import proxy_for, shown_proxy
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import ClientSettings
from aeptui.credentials import Secret
from aeptui.errors import ConfigError
from tests.unit.api.verbs import ID
from tests.unit.api.wire import SECRET, Say, Wire, wired

ONE = Say(200, {"items": [{"id": "flow-1"}]})
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        wire.answers = [ONE]
        yield wire


def client_of(url: str, ims_url: str = "") -> AepClient:
    endpoints = Endpoints(url, ims_url or url, "client-1", "ORG@AdobeOrg", "dev", "openid")
    return AepClient(
        endpoints, Secret(SECRET), clock=ManualClock(), ids=SeededIds(), settings=ClientSettings(read_timeout_s=5)
    )


async def test_a_proxy_of_the_environment_is_used(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", wire.url.replace("http://", "http://me:pass@"))
    async with client_of("http://platform.example") as client:
        assert (await client.flows.get(ID)).id == "flow-1"
    assert wire.asked[0].headers["host"] == "platform.example"
    assert wire.asked[0].headers["proxy-authorization"]


async def test_a_host_in_no_proxy_is_reached_directly(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", ".adobe.io,other.example")
    assert proxy_for("https://platform.adobe.io") is None
    assert proxy_for("https://ims-na1.adobelogin.com") == "http://proxy.example:3128"
    assert proxy_for("http://127.0.0.1:8080") is None


async def test_a_proxy_that_does_not_answer_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:canary-proxy-pass@127.0.0.1:9")
    async with client_of("http://platform.example") as client:
        with pytest.raises((AuthError, TransportError)) as caught:
            await client.flows.get(ID)
    assert "proxy" in caught.value.hint
    assert "canary-proxy-pass" not in f"{caught.value} {caught.value.hint} {client.request_log.entries!r}"
    assert shown_proxy("http://me:canary@proxy.example:3128") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "proxy", ["http://me:can/ary@proxy", "http://me:canary", "http://me:can#ary@proxy:1", "http://me:99999", "::canary"]
)
def test_a_proxy_that_is_no_address_shows_no_part_of_a_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError, match="no address") as caught:
        client_of("https://platform.example")
    told = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert "canary" not in told
    assert "can" not in caught.value.title.replace("can be", "")


@pytest.mark.parametrize("proxy", ["socks5://proxy.example:1080", "ftp://proxy.example"])
def test_a_proxy_that_cannot_be_used_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigError, match="proxy") as caught:
        client_of("https://platform.example")
    assert "NO_PROXY" in caught.value.hint


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that only its own file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a company's own")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_a_private_authority_is_trusted_where_the_environment_names_it(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    public, context = authority(tmp_path)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with client_of(url) as client:
        with pytest.raises((AuthError, TransportError), match="certificate"):
            await client.flows.get(ID)
        assert len(client.request_log.entries) == 1  # the same certificate would be met again
    assert wire.tokens == 0
    monkeypatch.setenv(variable, str(public))
    async with client_of(url) as client:
        assert (await client.flows.get(ID)).id == "flow-1"
    server.close()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/nowhere/at/all")
    with pytest.raises(ConfigError, match=variable):
        client_of("https://platform.example")
