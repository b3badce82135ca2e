"""The module's words in ours: one table, in which the longest fitting beginning counts.

A word that is not in it is for a person: PERMISSION.
"""

import re

from headend_client.prism.errors import ApiRefused
from headend_client.security import SecurityCode, TokenFault

ERRORS: dict[str, SecurityCode] = {
    "EService": SecurityCode.BUSY,  # an error inside the module, or a restart: the same again, and again
    "EService.Disabled": SecurityCode.PERMISSION,
    "EAuthentication": SecurityCode.PERMISSION,  # .Token after a fresh sign-in, .Permission
    "ESignin": SecurityCode.PERMISSION,  # .Version .Realm .Subject .Authentication .Permission
    "EParamRange": SecurityCode.AMOUNT_RANGE,  # the other parameters are checked before they leave
    "ESts.DrnOrPan": SecurityCode.BAD_PAN,  # and .CheckDigit
    "ESts.IdRecord": SecurityCode.BAD_PAN,
    "ESts.VkExpired": SecurityCode.KEY_EXPIRED,
    "ESts.VkBeforeBdt": SecurityCode.KEY_NOT_ACTIVE,
    "EKeystore.NotFound": SecurityCode.UNKNOWN_KEY,
    "ECacheMiss": SecurityCode.BUSY,  # to a question about a call whose answer was lost
    "ESm": SecurityCode.PERMISSION,  # see STATUSES
}

STATUSES: dict[int, SecurityCode] = {  # STS 600-8-6, as ESm quotes it: Security Module error '41': ...
    25: SecurityCode.BAD_PAN,
    28: SecurityCode.UNKNOWN_KEY,
    40: SecurityCode.PERMISSION,  # inhibited
    41: SecurityCode.KEY_EXPIRED,
    42: SecurityCode.CLOCK,  # or a TID outside of its window
    43: SecurityCode.LICENCE,  # the transaction counter, or a limit that a licence sets
    44: SecurityCode.PERMISSION,  # no such key change
    50: SecurityCode.CLOCK,  # not set
    98: SecurityCode.PERMISSION,
}

VERDICTS: dict[str, TokenFault] = {
    "EVerify.Crc": TokenFault.CRC,
    "EVerify.DdtkCredit": TokenFault.DEFAULT_KEY_CREDIT,
    "EVerify.KeyExpired": TokenFault.KEY_EXPIRED,
}
VALID = "EVerify.Ok"
NO_RESULT = "ECacheMiss"

_MODULE_ERROR = "ESm"
_UNSURE = ("EService", _MODULE_ERROR)  # they may come after a token was made
_STATUS = re.compile(r"error '0*([0-9]{1,4})'")


def code_of(refused: ApiRefused) -> SecurityCode:
    """Return our word for an error."""
    found = _STATUS.search(refused.text) if _known_as(refused.reason) == _MODULE_ERROR else None
    if found is not None:
        return STATUSES.get(int(found[1]), SecurityCode.PERMISSION)
    return ERRORS.get(_known_as(refused.reason), SecurityCode.PERMISSION)


def made_nothing(refused: ApiRefused) -> bool:
    """Tell whether an error says for sure that no token was made; of what we do not know we do not know it."""
    known = _known_as(refused.reason)
    return bool(known) and not known.startswith(_UNSURE)


def _known_as(reason: str) -> str:
    """Return the entry of ERRORS that a word falls under; empty: none."""
    while reason and reason not in ERRORS:
        reason = reason.rpartition(".")[0]
    return reason
