"""Webhooks: where a call may lead, and how it is signed."""

import hashlib
import hmac
from ipaddress import ip_address

import pytest

from app.domain.hook import HookError, check_url, is_public, signature


@pytest.mark.parametrize(
    "url", ["https://shop.example/relight?key=1", "https://shop.example:8443/", "https://93.184.216.34/hook"]
)
def test_an_address_on_the_internet_is_kept_as_it_was_typed(url: str) -> None:
    assert check_url(f" {url} ") == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "hook_bad"),
        ("shop.example/relight", "hook_bad"),
        ("http://shop.example/", "hook_bad"),
        ("ftp://shop.example/", "hook_bad"),
        ("https://user:word@shop.example/", "hook_bad"),
        ("https://shop.example/#part", "hook_bad"),
        ("https://shop.example/a b", "hook_bad"),
        ("https://shop.example:99999/", "hook_bad"),
        ("https://[::1/", "hook_bad"),
        ("https://商店.example/", "hook_bad"),
        ("https://shop.example/" + "x" * 500, "hook_bad"),
        ("https://localhost/", "hook_private"),
        ("https://printer.local/", "hook_private"),
        ("https://metadata.google.internal/", "hook_private"),
        ("https://127.0.0.1/", "hook_private"),
        ("https://10.1.2.3/", "hook_private"),
        ("https://[::1]/", "hook_private"),
        ("https://[fe80::1]/", "hook_private"),
    ],
)
def test_any_other_address_is_refused_and_said_why(url: str, code: str) -> None:
    with pytest.raises(HookError) as refusal:
        check_url(url)
    assert refusal.value.code == code


def test_a_rehearsal_may_call_the_house() -> None:
    assert check_url("http://127.0.0.1:8000/x", private=True) == "http://127.0.0.1:8000/x"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds tell their machines secrets
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_the_open_internet_is_public_however_an_address_is_wrapped(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_the_signature_is_the_published_recipe() -> None:
    made = hmac.new(b"whsec_abc", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("whsec_abc", 1_700_000_000, b'{"a":1}') == f"t=1700000000,v1={made}"
