"""PrismToken security modules over Thrift (README beside this file). The library is an extra: `messages` imports it."""
