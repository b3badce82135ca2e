"""WeChat Pay, API v3, through wechatpayv3; public-key mode only."""
