"""Rows and their constraints, one noun a file. Importing this package registers every table for the migrations."""

from app.models.account import Account, Contact, Customer
from app.models.alarm import Alarm
from app.models.audit import Audit
from app.models.concentrator import Concentrator, FrontEnd
from app.models.exchange import Exchange
from app.models.grid import GridNode
from app.models.ledger import Booking, LedgerEntry
from app.models.message import Message, MessageEvent
from app.models.meter import Meter, MeterModel
from app.models.outbox import Note
from app.models.payment import Payment, PaymentCallback
from app.models.purchase import Purchase, Token
from app.models.reading import Reading, RelayState
from app.models.receipt import Receipt
from app.models.review import Review
from app.models.staff import SignInTries, Staff, StaffSession
from app.models.tariff import Tariff

__all__ = [
    "Account",
    "Alarm",
    "Audit",
    "Booking",
    "Concentrator",
    "Contact",
    "Customer",
    "Exchange",
    "FrontEnd",
    "GridNode",
    "LedgerEntry",
    "Message",
    "MessageEvent",
    "Meter",
    "MeterModel",
    "Note",
    "Payment",
    "PaymentCallback",
    "Purchase",
    "Reading",
    "Receipt",
    "RelayState",
    "Review",
    "SignInTries",
    "Staff",
    "StaffSession",
    "Tariff",
    "Token",
]
