"""WeChat Pay, API v3, on loopback: verifies what we send, signs what it says, fails on order."""

from tests.standins.wechatpay.book import Fault
from tests.standins.wechatpay.program import RETRIES_S, WechatStandIn, wechat_stand_in

__all__ = ["RETRIES_S", "Fault", "WechatStandIn", "wechat_stand_in"]
