"""Where the product and the head end meet: a front-end process is put together here, and nowhere else.

concentrators --> listener --> pool --> driver = gateway of the jobs
                     |
                  archive --> services.frontends, and the bell after a login
"""

from app.headend.ami import AmiEnds
from app.headend.keys import examine_security, make_key_file, open_security
from app.headend.server import FrontEndServer, build_gateway
from headend_client.errors import HeadEndError
from headend_client.explain import explain

__all__ = [
    "AmiEnds",
    "FrontEndServer",
    "HeadEndError",
    "build_gateway",
    "examine_security",
    "explain",
    "make_key_file",
    "open_security",
]
