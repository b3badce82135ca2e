"""Rows and their constraints, one noun a file. Importing this package registers every table for the migrations."""

from app.models.account import Account, Contact, Customer
from app.models.advance import Advance
from app.models.alarm import Alarm
from app.models.alerting import AlertRule
from app.models.announcement import Announcement, AnnouncementUpdate, StillOut
from app.models.audit import Audit
from app.models.concentrator import Concentrator, FrontEnd
from app.models.exchange import Exchange
from app.models.grid import GridNode
from app.models.kiosk import Kiosk, KioskEvent, KioskNonce
from app.models.ledger import Booking, LedgerEntry
from app.models.message import Message, MessageEvent
from app.models.meter import Meter, MeterModel
from app.models.outbox import Note
from app.models.payment import Payment, PaymentCallback
from app.models.purchase import Purchase, Token
from app.models.reading import Reading, RelayState
from app.models.receipt import Receipt
from app.models.refund import BillDay, Refund
from app.models.resident import AddressProof, Invitation, KeptMeter, LoginCode, Resident, ResidentSession
from app.models.review import Review
from app.models.staff import SignInTries, Staff, StaffSession
from app.models.tariff import Tariff
from app.models.topup import Agreement, PayLink, TopUpRule

__all__ = [
    "Account",
    "AddressProof",
    "Advance",
    "Agreement",
    "Alarm",
    "AlertRule",
    "Announcement",
    "AnnouncementUpdate",
    "Audit",
    "BillDay",
    "Booking",
    "Concentrator",
    "Contact",
    "Customer",
    "Exchange",
    "FrontEnd",
    "GridNode",
    "Invitation",
    "KeptMeter",
    "Kiosk",
    "KioskEvent",
    "KioskNonce",
    "LedgerEntry",
    "LoginCode",
    "Message",
    "MessageEvent",
    "Meter",
    "MeterModel",
    "Note",
    "PayLink",
    "Payment",
    "PaymentCallback",
    "Purchase",
    "Reading",
    "Receipt",
    "Refund",
    "RelayState",
    "Resident",
    "ResidentSession",
    "Review",
    "SignInTries",
    "Staff",
    "StaffSession",
    "StillOut",
    "Tariff",
    "Token",
    "TopUpRule",
]
