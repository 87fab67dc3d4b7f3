"""What a browser's user agent text tells: operating system, agent, and class of device.

The platform asks a large database (its class names are those of the YAUAA library). Here a small table of rules stands
in for it: it knows the agents and systems that make up nearly all traffic, and says Unknown of the rest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from .registry import Category, text_argument

FUNCTIONS = Category("user_agent")

UNKNOWN: Final = "Unknown"
_LONGEST: Final = 2000
"""No browser sends more; the rest of a longer text is not looked at."""


class _Seen(NamedTuple):
    """A name and a version; the version is "" where the text has none."""

    name: str
    version: str

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]


# The first that is found counts: whoever imitates another names itself as well.
_ROBOTS: Final = re.compile(r"(?i)\b(?:bot|crawler|spider|slurp|curl|wget|python-requests|[\w-]*bot)\b[/ ]?([\d.]*)")
_HACKERS: Final = re.compile(r"(?i)<script|javascript:|<\?php|\$\{jndi:|\(\) *\{|union +(?:all +)?select")
_CLOUDS: Final = re.compile(r"(Mastodon|Pleroma|Misskey)/([\d.]*)")
_SYSTEMS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Windows Phone", re.compile(r"Windows Phone(?: OS)? ?([\d.]*)")),
    ("Windows NT", re.compile(r"Windows NT ?([\d.]*)")),
    ("iOS", re.compile(r"(?:iPhone|iPad|iPod)[^)]*? OS ([\d_.]+)")),
    ("iOS", re.compile(r"iPhone|iPad|iPod")),
    ("Tizen", re.compile(r"Tizen ?([\d.]*)")),
    ("KaiOS", re.compile(r"KAIOS/([\d.]*)")),
    ("Android", re.compile(r"Android ?([\d.]*)")),
    ("Chrome OS", re.compile(r"CrOS \S+ ([\d.]*)")),
    ("Mac OS", re.compile(r"Mac OS X ?([\d_.]*)")),
    ("Linux", re.compile(r"Linux")),
)
_AGENTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Edge", re.compile(r"(?:Edge|Edg|EdgA|EdgiOS)/([\d.]+)")),
    ("Opera", re.compile(r"(?:OPR|OPT|OPiOS|Opera)[/ ]([\d.]+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/([\d.]+)")),
    ("UCBrowser", re.compile(r"UCBrowser/([\d.]+)")),
    ("Vivaldi", re.compile(r"Vivaldi/([\d.]+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/([\d.]+)")),
    ("Internet Explorer", re.compile(r"MSIE ([\d.]+)")),
    ("Internet Explorer", re.compile(r"Trident/.*?rv:([\d.]+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|HeadlessChrome)/([\d.]+)")),
    ("Safari", re.compile(r"Version/([\d.]+)[^()]*? Safari/")),
    ("Safari", re.compile(r"Version/([\d.]+) Mobile/\S+ Safari/")),
    ("Safari", re.compile(r"Safari/")),
)
_DEVICES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("Set-top box", re.compile(r"(?i)set-?top|apple ?tv|google ?tv|\bRoku\b|\bCrKey\b|\bAFT[A-Z]")),
    ("TV", re.compile(r"(?i)smart-?tv|hbbtv|netcast|web0s.*tv|\bBRAVIA\b")),
    ("Home Appliance", re.compile(r"Family ?Hub|Refrigerator")),
    ("Handheld Game Console", re.compile(r"PlayStation (?:Vita|Portable)|Nintendo (?:3DS|Switch)")),
    ("Game Console", re.compile(r"PlayStation [3-9]|Xbox|Nintendo Wii")),
    ("Augmented Reality", re.compile(r"HoloLens")),
    ("Virtual Reality", re.compile(r"OculusBrowser|Quest \d")),
    ("eReader", re.compile(r"Kindle/|Kobo")),
    ("Watch", re.compile(r"(?i)\bwatch(?:os)?\b")),
    ("Voice", re.compile(r"Alexa|Google ?Home|\bAEO[A-Z]+")),
    ("Car", re.compile(r"QtCarBrowser|Tesla/")),
    ("Tablet", re.compile(r"iPad|Tablet(?! PC)|Kindle Fire|Silk/|PlayBook")),
    ("Phone", re.compile(r"iPhone|iPod|Windows Phone|KAIOS|Android.*Mobile")),
    ("Tablet", re.compile(r"Android")),
    ("Mobile", re.compile(r"Mobile")),
    ("Desktop", re.compile(r"Windows NT|Mac OS X|CrOS|X11|Linux")),
)


def _first(rules: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> _Seen:
    for name, pattern in rules:
        found = pattern.search(text)
        if found is not None:
            version = (found[1] or "") if pattern.groups else ""
            return _Seen(name, version.replace("_", ".").strip("."))
    return _Seen(UNKNOWN, "")


@functools.lru_cache(maxsize=4096)
def _seen(text: str) -> tuple[_Seen, _Seen, str]:
    """(operating system, agent, class of device): the same few texts come again and again."""
    system = _first(_SYSTEMS, text)
    if _HACKERS.search(text) is not None:
        return system, _first(_AGENTS, text), "Hacker"
    cloud = _CLOUDS.search(text)
    if cloud is not None:
        return system, _Seen(cloud[1], cloud[2].strip(".")), "Cloud"
    robot = _ROBOTS.search(text)
    if robot is not None:
        name = robot[0].split("/")[0].strip()
        device = "Robot Mobile" if "Mobile" in text else "Robot"
        return system, _Seen(name, robot[1].strip(".")), device
    return system, _first(_AGENTS, text), _first(_DEVICES, text).name


def _of(user_agent: object) -> tuple[_Seen, _Seen, str]:
    return _seen(text_argument(user_agent, "user_agent")[:_LONGEST])


def _joined(seen: _Seen, version: str) -> str:
    return f"{seen.name} {version or '??'}"


_IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 5_1_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko) "
    "Version/5.1 Mobile/9B206 Safari/7534.48.3"
)


def _register(name: str, description: str, read: Callable[[_Seen, _Seen, str], str]) -> None:
    def body(user_agent: object) -> str:
        return read(*_of(user_agent))

    FUNCTIONS.plain(f"{name}(user_agent)", description, f'{name}("{_IPHONE}")', "string")(body)


_register("ua_os_name", "The operating system.", lambda system, _agent, _device: system.name)
_register(
    "ua_os_version_major",
    "The operating system and its major version.",
    lambda system, _agent, _device: _joined(system, system.major),
)
_register("ua_os_version", "The operating system's version.", lambda system, _agent, _device: system.version or "??")
_register(
    "ua_os_name_version",
    "The operating system and its version.",
    lambda system, _agent, _device: _joined(system, system.version),
)
_register("ua_agent_name", "The browser or robot.", lambda _system, agent, _device: agent.name)
_register("ua_agent_version", "The browser's version.", lambda _system, agent, _device: agent.version or "??")
_register(
    "ua_agent_version_major",
    "The browser and its major version.",
    lambda _system, agent, _device: _joined(agent, agent.major),
)
_register(
    "ua_device_class",
    "The class of device, such as Desktop, Phone, Tablet, TV, Game Console or Robot.",
    lambda _system, _agent, device: device,
)
