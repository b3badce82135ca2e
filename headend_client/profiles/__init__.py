"""Meter models, one file each. `meter_model.profile` names an entry of this table."""

from headend_client.profiles.esam import ESAM
from headend_client.profiles.remote import REMOTE
from headend_client.profiles.shape import Profile
from headend_client.profiles.sts import STS

PROFILES: dict[str, Profile] = {"esam": ESAM, "remote": REMOTE, "sts": STS}
