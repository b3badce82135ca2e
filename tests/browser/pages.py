"""The portal's pages that are measured: large type, contrast, size of controls, accessibility.

To add a page, add a line to PAGES: its name, its address with `{esam}` and `{sts}` for the meters' numbers and
`{account}` for the account's, and `signed_in=True` if it asks for a resident (who holds both meters then). A page that
needs more than that (a purchase under way ...) is set in `scenes.py`.
"""

from dataclasses import dataclass

from tests import build


@dataclass(frozen=True, slots=True)
class Looked:
    """A page to be looked at. `one_size`: kept in the browser for everybody, and so always large, never largest."""

    name: str
    path: str
    signed_in: bool = False
    one_size: bool = False

    def at(self, utility: build.Utility) -> str:
        """Its address in this utility."""
        numbers = {"esam": utility.esam.number, "sts": utility.sts.number, "account": utility.account.number}
        return self.path.format(**numbers)


PAGES = [
    Looked("lookup", "/"),
    Looked("lookup-wrong", "/?number=12"),
    Looked("account", "/accounts/{account}"),
    Looked("balance", "/m/{esam}"),
    Looked("pay", "/m/{esam}/pay"),
    Looked("sign-in", "/sign-in"),
    Looked("my", "/my", signed_in=True),
    Looked("my-meter", "/my/{esam}", signed_in=True),
    Looked("alerts", "/my/{esam}/alerts", signed_in=True),
    Looked("ways", "/my/{esam}/ways", signed_in=True),
    Looked("inbox", "/my/{esam}/inbox", signed_in=True),
    Looked("scan", "/scan"),
    Looked("offline", "/offline", one_size=True),
    Looked("notices", "/notices"),
    Looked("meter-notices", "/m/{esam}/notices"),
    Looked("dark", "/m/{esam}/dark"),
    Looked("advance", "/m/{esam}/advance", signed_in=True),
    Looked("history-closed", "/m/{esam}/history"),
    Looked("history", "/m/{esam}/history", signed_in=True),
    Looked("gift", "/my/{esam}/gift", signed_in=True),
    Looked("topup", "/my/{esam}/topup", signed_in=True),
    Looked("error", "/nowhere"),
]
