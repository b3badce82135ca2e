"""Remote fee control without a wallet (远程费控表): the meter counts energy and obeys relay orders, sealed by its chip.

It has no balance, no purchase count and no limits of money (DL/T 645-2007: only 1A to 1C, 2A, 2B, 3A and 3B count).
"""

from headend_client.profiles.shape import AuthorityForm, CountFrom, CreditForm, Profile

REMOTE = Profile(name="remote", credit=CreditForm.NONE, count=CountFrom.NOWHERE, authority=AuthorityForm.SEALED)
