"""Rows and their constraints, one noun a file. Importing this package registers every table for the migrations."""

from app.models.account import Account, Contact, Customer
from app.models.advance import Advance
from app.models.alarm import Alarm
from app.models.alarm_policy import AccountLevel, AlarmPolicy, AlarmPolicyLevel
from app.models.alerting import AlertRule
from app.models.ami import AmiHeadEnd, AmiTask
from app.models.announcement import Announcement, AnnouncementUpdate, StillOut
from app.models.api_key import ApiKey
from app.models.api_message import ApiMessage
from app.models.archive import (
    ArchiveRules,
    ConcentratorRules,
    Curve,
    EnergyPurchase,
    MasterMeter,
    MeterGroup,
    MeterLine,
)
from app.models.archive_file import ArchiveFile, ArchiveRow
from app.models.audit import Audit
from app.models.campaign import Campaign, CampaignFault, CampaignItem
from app.models.carrier import Carrier, CarrierMove, SendPace
from app.models.collection import CollectionScheme, MasterInterval, TerminalEvent
from app.models.commissioning import Commissioning, CommissioningRun
from app.models.concentrator import Concentrator, FrontEnd, LinkClaim
from app.models.cutting import Amnesty, CutInquiry
from app.models.device_event import AlarmScheme, DeviceAlarm, DeviceEvent, ResponsiblePerson, SchemeEvent, SchemePerson
from app.models.disconnection import Disconnection
from app.models.exchange import Exchange
from app.models.fund import FeeCharge, Fund
from app.models.grid import GridNode
from app.models.handheld import HandheldFile, HandheldLine, HandheldReturn, HandheldRow
from app.models.inbound import InboundMessage
from app.models.kiosk import Kiosk, KioskEvent, KioskNonce
from app.models.ledger import Booking, LedgerEntry
from app.models.level_change import LevelChange, LevelChangeItem
from app.models.message import Message, MessageAttempt, MessageEvent
from app.models.meter import Meter, MeterModel
from app.models.metering_point import MeterAsset, MeteringPoint
from app.models.operation import Operation, OperationItem
from app.models.outbox import Note
from app.models.payment import Payment, PaymentCallback
from app.models.purchase import Purchase, Token
from app.models.reading import Reading, RelayState
from app.models.receipt import CreditNote, Receipt
from app.models.refund import BillDay, Refund
from app.models.resident import AddressProof, Invitation, KeptMeter, LoginCode, Resident, ResidentSession
from app.models.reversal import Reversal
from app.models.review import Review
from app.models.rulebook import RuleSet
from app.models.staff import RecoveryCode, SignInTries, Staff, StaffRole, StaffSession
from app.models.suppression import Suppression
from app.models.swap import MeterSwap, VoidToken
from app.models.tariff import Tariff, TariffSet
from app.models.template import TemplateVersion
from app.models.topup import Agreement, PayLink, TopUpRule

__all__ = [
    "Account",
    "AccountLevel",
    "AddressProof",
    "Advance",
    "Agreement",
    "Alarm",
    "AlarmPolicy",
    "AlarmPolicyLevel",
    "AlarmScheme",
    "AlertRule",
    "AmiHeadEnd",
    "AmiTask",
    "Amnesty",
    "Announcement",
    "AnnouncementUpdate",
    "ApiKey",
    "ApiMessage",
    "ArchiveFile",
    "ArchiveRow",
    "ArchiveRules",
    "Audit",
    "BillDay",
    "Booking",
    "Campaign",
    "CampaignFault",
    "CampaignItem",
    "Carrier",
    "CarrierMove",
    "CollectionScheme",
    "Commissioning",
    "CommissioningRun",
    "Concentrator",
    "ConcentratorRules",
    "Contact",
    "CreditNote",
    "Curve",
    "Customer",
    "CutInquiry",
    "DeviceAlarm",
    "DeviceEvent",
    "Disconnection",
    "EnergyPurchase",
    "Exchange",
    "FeeCharge",
    "FrontEnd",
    "Fund",
    "GridNode",
    "HandheldFile",
    "HandheldLine",
    "HandheldReturn",
    "HandheldRow",
    "InboundMessage",
    "Invitation",
    "KeptMeter",
    "Kiosk",
    "KioskEvent",
    "KioskNonce",
    "LedgerEntry",
    "LevelChange",
    "LevelChangeItem",
    "LinkClaim",
    "LoginCode",
    "MasterInterval",
    "MasterMeter",
    "Message",
    "MessageAttempt",
    "MessageEvent",
    "Meter",
    "MeterAsset",
    "MeterGroup",
    "MeterLine",
    "MeterModel",
    "MeterSwap",
    "MeteringPoint",
    "Note",
    "Operation",
    "OperationItem",
    "PayLink",
    "Payment",
    "PaymentCallback",
    "Purchase",
    "Reading",
    "Receipt",
    "RecoveryCode",
    "Refund",
    "RelayState",
    "Resident",
    "ResidentSession",
    "ResponsiblePerson",
    "Reversal",
    "Review",
    "RuleSet",
    "SchemeEvent",
    "SchemePerson",
    "SendPace",
    "SignInTries",
    "Staff",
    "StaffRole",
    "StaffSession",
    "StillOut",
    "Suppression",
    "Tariff",
    "TariffSet",
    "TemplateVersion",
    "TerminalEvent",
    "Token",
    "TopUpRule",
    "VoidToken",
]
