"""Puts a letter into words at the moment it goes out."""

from app.services.wording import Wording, Words, pay_word, render, spoken

__all__ = ["Wording", "Words", "pay_word", "render", "spoken"]
