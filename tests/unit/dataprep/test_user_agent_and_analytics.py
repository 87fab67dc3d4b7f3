"""User agents and Analytics strings: the rules around the documented samples."""

from __future__ import annotations

import pytest

from aeptui.dataprep import TransformError, evaluate

AGENTS = {
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 5_1_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko) "
    "Version/5.1 Mobile/9B206 Safari/7534.48.3",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.6099.71 Safari/537.36",
    "edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 "
    "Safari/537.36 Edg/120.0.2210.61",
    "mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Safari/605.1.15",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
    "pixel": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Mobile Safari/537.36",
    "tab": "Mozilla/5.0 (Linux; Android 13; SM-X900) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Safari/537.36",
    "ipad": "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 "
    "Mobile/15E148 Safari/604.1",
    "bot": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "nothing": "",
}


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("iphone", ("iOS", "iOS 5", "5.1.1", "iOS 5.1.1", "Safari", "5.1", "Safari 5", "Phone")),
        ("windows", ("Windows NT", "Windows NT 10", "10.0", "Windows NT 10.0", "Chrome", "120.0.6099.71", "Chrome 120",
                     "Desktop")),
        ("edge", ("Windows NT", "Windows NT 10", "10.0", "Windows NT 10.0", "Edge", "120.0.2210.61", "Edge 120",
                  "Desktop")),
        ("mac", ("Mac OS", "Mac OS 10", "10.15.7", "Mac OS 10.15.7", "Safari", "17.1", "Safari 17", "Desktop")),
        ("firefox", ("Linux", "Linux ??", "??", "Linux ??", "Firefox", "121.0", "Firefox 121", "Desktop")),
        ("pixel", ("Android", "Android 14", "14", "Android 14", "Chrome", "120.0.0.0", "Chrome 120", "Phone")),
        ("tab", ("Android", "Android 13", "13", "Android 13", "Chrome", "120.0.0.0", "Chrome 120", "Tablet")),
        ("ipad", ("iOS", "iOS 16", "16.6", "iOS 16.6", "Safari", "16.6", "Safari 16", "Tablet")),
        ("bot", ("Unknown", "Unknown ??", "??", "Unknown ??", "Googlebot", "2.1", "Googlebot 2", "Robot")),
        ("nothing", ("Unknown", "Unknown ??", "??", "Unknown ??", "Unknown", "??", "Unknown ??", "Unknown")),
    ],
)  # fmt: skip
def test_a_user_agent_is_taken_apart(who: str, expected: tuple[str, ...]) -> None:
    names = (
        "ua_os_name", "ua_os_version_major", "ua_os_version", "ua_os_name_version",
        "ua_agent_name", "ua_agent_version", "ua_agent_version_major", "ua_device_class",
    )  # fmt: skip
    row = {"agent": AGENTS[who]}
    assert tuple(evaluate(f"{name}(agent)", row) for name in names) == expected


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/601.6", "Handheld Game Console"),
        ("Mozilla/5.0 (PlayStation 5 3.11) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15", "Game Console"),
        ("AppleTV11,1/11.1", "Set-top box"),
        ("Roku/DVP-9.10 (519.10E04111A)", "Set-top box"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 Version/5.0 TV Safari/537.36", "TV"),
        (
            "Mozilla/5.0 (Linux; Tizen 2.3; FamilyHub) AppleWebKit/538.1 Version/2.3 Mobile Safari/538.1",
            "Home Appliance",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; ARM; HoloLens) AppleWebKit/537.36 Chrome/93 Safari/537.36",
            "Augmented Reality",
        ),
        ("http.rb/4.4.1 (Mastodon/3.4.1; +https://example.com/) Bot", "Cloud"),
        ("<script>alert(1)</script>", "Hacker"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)", "Desktop"),
    ],
)
def test_a_device_has_its_documented_class(agent: str, device: str) -> None:
    assert evaluate("ua_device_class(a)", {"a": agent}) == device


PRODUCTS = (
    ";Example product 1;1;3.50;event1=2.3|event2=5:1;eVar1=red|eVar2=big,Example category 2;Example product 2;;;event1"
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('aa_get_event_id(events, "event101")', "123456"),
        ('aa_get_event_id(events, "scOpen")', None),
        ('aa_get_event_value(events, "event101")', "5"),
        ('aa_get_event_value(events, "scOpen")', "1"),
        ('aa_get_event_value(events, "event10")', None),
        ("aa_get_product_categories(products)", [None, "Example category 2"]),
        ("aa_get_product_names(products)", ["Example product 1", "Example product 2"]),
        ("aa_get_product_quantities(products)", ["1", None]),
        ("aa_get_product_prices(products)", ["3.50", None]),
        ('aa_get_product_event_values(products, "event1")', ["2.3", "1"]),
        ('aa_get_product_event_values(products, "event2")', ["5", None]),
        ('aa_get_product_evars(products, "eVar2")', ["big", None]),
        ("aa_get_product_names(none)", None),
        ("aa_get_event_id('event1, event2:a7:b', 'event2')", "a7:b"),
        ("aa_get_event_value('event1, event2:a7', 'event2')", "1"),
        ("aa_get_event_id('=5:7', '')", None),
    ],
)
def test_analytics_strings_are_taken_apart(expression: str, expected: object) -> None:
    row = {"events": "event101=5:123456,scOpen", "products": PRODUCTS, "none": None}
    assert evaluate(expression, row) == expected


def test_an_ecid_is_never_invented() -> None:
    with pytest.raises(TransformError, match="not emulated"):
        evaluate('fpid_to_ecid("4ed70bee-b654-420a-a3fd-b58b6b65e991")', {})
