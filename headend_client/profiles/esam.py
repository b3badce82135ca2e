"""Local fee control with a security chip: the meter holds the money, recharges go under its purchase count."""

from headend_client.profiles.shape import AuthorityForm, CountFrom, CreditForm, Profile

ESAM = Profile(name="esam", credit=CreditForm.RECHARGE, count=CountFrom.STATE, authority=AuthorityForm.SEALED)
