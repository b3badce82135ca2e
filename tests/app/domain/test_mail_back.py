"""Whose mail comes back, and what it says."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import mail_back
from app.domain.mail_back import Fate, Ours, Purpose, Report, return_address, whose
from tests.standins.mail import away, bounce

MAILBOX, SECRET = "bounce@relight.test", "k" * 32


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_return_address_names_its_message_in_any_case(purpose: Purpose) -> None:
    message_id = uuid4()
    address = return_address(MAILBOX, SECRET, message_id, purpose)
    assert len(address.partition("@")[0]) <= mail_back.LONGEST_LOCAL
    assert whose(address.upper(), MAILBOX, SECRET) == Ours(message_id, purpose)


def test_an_address_that_we_did_not_make_is_nobodys() -> None:
    address = return_address(MAILBOX, SECRET, uuid4())
    other = address.replace(address[10], "0" if address[10] != "0" else "1", 1)
    for forged in (other, address.replace("relight.test", "evil.test"), MAILBOX, "", "bounce+@relight.test", "+" * 99):
        assert whose(forged, MAILBOX, SECRET) is None
    assert whose(address, MAILBOX, "another key of this installation") is None


def test_a_mailbox_without_room_for_the_mark_is_refused() -> None:
    for mailbox in ("no-at-sign", "much-too-long-a-name@relight.test", "@relight.test"):
        with pytest.raises(ValueError, match="mail_bounce_address"):
            return_address(mailbox, SECRET, uuid4())


@pytest.mark.parametrize(
    ("status", "action", "report"),
    [
        ("5.1.1", "failed", Report(Fate.DEAD, "5.1.1")),
        ("5.1.1", "FAILED", Report(Fate.DEAD, "5.1.1")),
        ("5.0.0 (unknown)", "failed", Report(Fate.DEAD, "5.0.0")),
        ("5.7.1", "failed", Report(Fate.REFUSED, "5.7.1")),
        ("5.2.2", "failed", Report(Fate.REFUSED, "5.2.2")),
        ("4.4.7", "failed", Report(Fate.REFUSED, "4.4.7")),
        ("4.2.2", "delayed", Report(Fate.LATE, "4.2.2")),
        ("2.0.0", "delivered", Report(Fate.ARRIVED, "2.0.0")),
        ("2.1.5", "relayed", Report(Fate.PASSED_ON, "2.1.5")),
        ("5.9999.1", "failed", Report(Fate.UNSAID)),
        ("", "failed", Report(Fate.UNSAID)),
        ("5.1.1", "expanded", Report(Fate.UNSAID)),
    ],
)
def test_a_report_is_read_by_its_status_and_its_action(status: str, action: str, report: Report) -> None:
    mail = mail_back.parse(bounce("bounce@relight.test", status, action))
    assert mail is not None
    assert mail_back.report(mail) == report


def test_an_answering_machine_says_nothing_about_a_mail() -> None:
    mail = mail_back.parse(away(MAILBOX))
    assert mail is not None
    assert mail_back.report(mail).fate is Fate.UNSAID


def test_every_header_that_a_mail_server_notes_a_recipient_in_is_looked_at() -> None:
    mail = mail_back.parse(b"To: a@b.test, C <c@d.test>\r\nDelivered-To: e@f.test\r\nX-Original-To: g@h.test\r\n\r\n")
    assert mail is not None
    assert {"a@b.test", "c@d.test", "e@f.test", "g@h.test"} <= set(mail_back.addressed(mail))


def test_a_mail_within_a_mail_without_end_is_junk_and_no_crash() -> None:
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 5000
    mail = mail_back.parse(nested)
    assert mail is None or mail_back.report(mail).fate is Fate.UNSAID


@given(st.binary(max_size=2000))
def test_junk_says_nothing(raw: bytes) -> None:
    for tried in (raw, bounce(MAILBOX)[: len(raw)] + raw, bounce(MAILBOX).replace(b"5.1.1", raw[:40])):
        mail = mail_back.parse(tried)
        if mail is not None:
            assert mail_back.report(mail).fate in Fate
            assert isinstance(mail_back.addressed(mail), list)
