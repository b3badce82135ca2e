"""The rehearsal bank: a program of its own that speaks to shops over HTTP and to payers through a page."""

from app.payments.sandbox.bank.program import BankConfig, bank_app, make_bank

__all__ = ["BankConfig", "bank_app", "make_bank"]
