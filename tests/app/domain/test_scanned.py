"""What a scanned code is, and that nobody is led elsewhere by one (SPEC R-1)."""

import pytest

from app.domain.scanned import CodeError, ScannedKind, read_code
from tests import build

OURS = "https://relight.test"
METER = build.numbered("20100000001")


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (f"{OURS}/m/{METER}", ScannedKind.PAGE, f"/m/{METER}"),
        (f" {OURS}/purchases/abc/receipt?lang=en\n", ScannedKind.PAGE, "/purchases/abc/receipt?lang=en"),
        (METER, ScannedKind.NUMBER, METER),
        (" ".join(METER), ScannedKind.NUMBER, METER),
        ("20260302-12ab34cd", ScannedKind.RECEIPT, "20260302-12AB34CD"),
    ],
)
def test_our_codes_are_understood(text: str, kind: ScannedKind, found: str) -> None:
    scanned = read_code(text, OURS)

    assert (scanned.kind, scanned.text) == (kind, found)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test/m/1",
        "http://relight.test/m/1",  # without TLS it may be anybody
        "https://relight.test:8443/m/1",
        "https://relight.test.evil.test/m/1",
        "https://relight.test@evil.test/m/1",
        "https://user@relight.test/m/1",
        "https://evil.test\\@relight.test/m/1",
        "https://relight.test//evil.test/",
        "https://relight.test/\\evil.test/",
        "https://relight.test",
        "https://[relight.test/m/1",
        "//evil.test/m/1",
        "/m/1",
        "javascript:alert(1)",
        "data:text/html,<script>",
        "weixin://wxpay/bizpayurl?pr=1",
    ],
)
def test_a_link_to_anybody_else_is_refused(text: str) -> None:
    with pytest.raises(CodeError, match="scan_elsewhere"):
        read_code(text, OURS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "scan_empty"),
        ("   ", "scan_empty"),
        ("1234 5678 9012 3456 7890", "scan_secret"),
        ("284512345678901234", "scan_secret"),
        ("4006381333931", "scan_unknown"),
        ("hello", "scan_unknown"),
        ("9" * 600, "scan_unknown"),
    ],
)
def test_what_leads_nowhere_says_why(text: str, code: str) -> None:
    with pytest.raises(CodeError, match=code):
        read_code(text, OURS)


def test_an_installation_below_a_path_keeps_its_links_to_itself() -> None:
    assert read_code("https://relight.test/power/m/1", "https://relight.test/power").text == "/m/1"
    with pytest.raises(CodeError, match="scan_elsewhere"):
        read_code("https://relight.test/other/m/1", "https://relight.test/power")
