"""STS meters on the DL/T 645 line: the meter holds the money, and its TID memory refuses a token it has seen."""

from headend_client.profiles.shape import LINE, TOKENS, AuthorityForm, CountFrom, CreditForm, Profile

STS = Profile(
    name="sts",
    credit=CreditForm.TOKEN,
    count=CountFrom.NOWHERE,
    authority=AuthorityForm.PLAIN,
    offers=LINE | TOKENS,
)
