"""Alipay, through python-alipay-sdk."""
