"""Settings, from the environment (prefix RELIGHT_). docs/settings.md lists them."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One utility's installation."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_", extra="ignore", populate_by_name=True)

    database_url: str = Field(
        default="", validation_alias=AliasChoices("DATABASE_URL"), description="PostgreSQL, postgresql+asyncpg://..."
    )
    redis_url: str = Field(
        default="", validation_alias=AliasChoices("REDIS_URL"), description="Redis or Valkey, redis://..."
    )
    state_dir: Path = Field(
        default=Path("var"), description="Where the embedded engines, key file and logs of a demo live."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8600", description="Address that residents and providers reach the web under."
    )
    host: str = Field(default="127.0.0.1", description="Address that `relight serve` listens on.")
    port: int = Field(default=8600, description="Port that `relight serve` listens on.")
    frontend_host: str = Field(default="127.0.0.1", description="Address that concentrators dial into.")
    frontend_port: int = Field(default=7000, description="Port that concentrators dial into.")
    heartbeat_s: int = Field(
        default=900, description="Seconds between heartbeats that concentrators are set to; four missed end a link."
    )
    utility_name: str = Field(default="Relight", description="Name of the utility, as receipts and pages show it.")
    utility_phone: str = Field(default="", description="Number that residents call for help; empty shows none.")
    timezone: str = Field(default="Asia/Shanghai", description="Local time of the utility.")
    sign_in_codes_an_hour: int = Field(
        default=2000, ge=1, description="Sign-in codes sent in any hour to all phones together; each is an SMS."
    )
    country: str = Field(default="CN", description="ISO 3166 code of the country that numbers without + belong to.")
    currency: str = Field(default="CNY", description="ISO 4217 code of the one currency of this installation.")
    purchase_least: int = Field(default=1, description="Smallest purchase, whole currency units.")
    purchase_most: int = Field(default=10_000, description="Largest purchase, whole currency units.")
    payment_minutes: int = Field(default=30, description="Minutes a payment may take before it is closed.")
    emergency_credit_minor: int = Field(
        default=0,
        ge=0,
        description="Emergency credit granted at a time, minor units of the currency; 0 switches it off.",
    )
    emergency_credit_rest_days: int = Field(
        default=7, ge=0, description="Days that must lie between two grants of emergency credit to one account."
    )
    emergency_credit_guests: bool = Field(
        default=False,
        description="Whether emergency credit is given to whoever stands at the meter, without signing in.",
    )
    providers: str = Field(default="sandbox", description="Payment providers that are offered, joined by commas.")
    sandbox_url: str = Field(default="http://127.0.0.1:8601", description="Where the sandbox provider is reached.")
    sandbox_secret: SecretStr = Field(
        default=SecretStr(""), description="Shared secret that signs the sandbox's callbacks; empty switches it off."
    )
    wechat_appid: str = Field(default="", description="AppID of the official account; empty: no sign-in by WeChat.")
    wechat_secret: SecretStr = Field(default=SecretStr(""), description="AppSecret of the official account.")
    wechat_template: str = Field(
        default="",
        description="Template of subscription notices and its keywords, `ID thing1=title thing2=text`, for all kinds.",
    )
    wechat_url: str = Field(default="https://api.weixin.qq.com", description="Where the official account is asked.")
    wechat_open_url: str = Field(
        default="https://open.weixin.qq.com", description="Where WeChat asks residents whether they let us know them."
    )
    wechat_verifications: str = Field(
        default="", description="The words of the MP_verify_*.txt files that prove our domains, joined by commas."
    )
    alipay_app_id: str = Field(default="", description="Alipay application number; empty switches Alipay off.")
    alipay_seller_id: str = Field(default="", description="Seller number (PID, 2088...) that Alipay's money goes to.")
    alipay_key_file: str = Field(default="", description="File with the application's private key (PEM).")
    alipay_public_key_file: str = Field(default="", description="File with the public key of Alipay (PEM).")
    alipay_url: str = Field(default="https://openapi.alipay.com/gateway.do", description="Where Alipay is reached.")
    wechatpay_mchid: str = Field(default="", description="WeChat Pay merchant number; empty switches WeChat Pay off.")
    wechatpay_appid: str = Field(default="", description="AppID that is bound to the WeChat Pay merchant.")
    wechatpay_serial: str = Field(default="", description="Serial number of the merchant's API certificate.")
    wechatpay_key_file: str = Field(default="", description="File with the merchant's private key (apiclient_key.pem).")
    wechatpay_apiv3_key: SecretStr = Field(default=SecretStr(""), description="APIv3 key of WeChat Pay, 32 characters.")
    wechatpay_public_key_file: str = Field(default="", description="File with the public key of WeChat Pay.")
    wechatpay_public_key_id: str = Field(default="", description="Its id, PUB_KEY_ID_...")
    wechatpay_store: str = Field(default="relight", description="Our number of the store where payers' codes are read.")
    wechatpay_url: str = Field(default="https://api.mch.weixin.qq.com", description="Where WeChat Pay is reached.")
    stripe_key: SecretStr = Field(default=SecretStr(""), description="Stripe secret key; empty switches Stripe off.")
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret that signs Stripe's webhooks, whsec_..."
    )
    stripe_url: str = Field(default="https://api.stripe.com", description="Where Stripe is reached.")
    session_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs cookies and derives sign-in codes, in web and notifier alike; 32 random characters.",
    )
    second_step: Literal["required", "offered"] = Field(
        default="required",
        description="Whether staff need a one-time code to sign in: required (everybody), offered (who has set it up).",
    )
    security_module: Literal["software", "prism"] = Field(
        default="software",
        description="Who holds the vending keys: software (the key file), prism (a PrismToken module).",
    )
    key_file: Path = Field(
        default=Path("var/keys.json"),
        description="Encrypted key file of the software module; the journal of issued tokens lies beside it.",
    )
    key_passphrase: SecretStr = Field(default=SecretStr(""), description="Passphrase that opens the key file.")
    sta_tables: Path | None = Field(
        default=None, description="Substitution tables of EA07 meters (JSON) for the software module; empty: EA11 only."
    )
    prism_host: str = Field(default="", description="Address of the PrismToken module.")
    prism_port: int = Field(default=9443, description="Port of the PrismToken module.")
    prism_realm: str = Field(default="local", description="Realm that we sign in to at the PrismToken module.")
    prism_user: str = Field(default="", description="User that we sign in as at the PrismToken module.")
    prism_password: SecretStr = Field(default=SecretStr(""), description="Password at the PrismToken module.")
    prism_ca_file: str = Field(
        default="", description="Certificates (PEM) that the PrismToken module's may be signed by; empty: usual."
    )
    prism_name: str = Field(default="", description="What the module's certificate calls it; empty: its address.")
    prism_base_year: Literal[1993, 2014, 2035] = Field(
        default=2014, description="Base date of the vending keys in the PrismToken module."
    )
    prism_amounts: Literal["currency", "hundred_thousandths"] = Field(
        default="currency", description="What the PrismToken module counts currency credit in; its README says more."
    )
    sms_channel: str = Field(
        default="console",
        description="Channels that carry SMS, joined by commas; several share the load: twilio, aliyun, console, "
        "memory, rehearsal.",
    )
    email_channel: str = Field(
        default="console", description="Channel that carries e-mail: smtp, console, memory, rehearsal."
    )
    voice_channel: str = Field(
        default="", description="Channel that calls people and reads to them: twilio_voice, console; empty: none."
    )
    wechat_channel: str = Field(
        default="", description="Channel that carries WeChat messages: wechat, console; empty: none."
    )
    webhook_channel: str = Field(
        default="", description="Channel that posts to customers' own programs: webhook, console; empty: none."
    )
    twilio_account: str = Field(default="", description="Twilio account SID.")
    twilio_token: SecretStr = Field(default=SecretStr(""), description="Twilio auth token.")
    twilio_key: str = Field(default="", description="Twilio API key SID; empty: the auth token signs requests.")
    twilio_key_secret: SecretStr = Field(default=SecretStr(""), description="Secret of the Twilio API key.")
    twilio_sender: str = Field(
        default="", description="Number or messaging service that tokens, results and answers come from."
    )
    twilio_reminder_sender: str = Field(
        default="",
        description="Number or messaging service that warnings come from; empty: the same, and STOP then stops both.",
    )
    twilio_caller: str = Field(default="", description="Number that calls come from.")
    twilio_url: str = Field(default="", description="Another base address for Twilio's API, for rehearsals.")
    aliyun_key: str = Field(default="", description="Aliyun AccessKey ID.")
    aliyun_secret: SecretStr = Field(default=SecretStr(""), description="Aliyun AccessKey secret.")
    aliyun_signature: str = Field(default="", description="Approved SMS signature, without its brackets.")
    aliyun_url: str = Field(default="https://dysmsapi.aliyuncs.com", description="Where Aliyun SMS is reached.")
    aliyun_push_word: SecretStr = Field(
        default=SecretStr(""),
        description="Secret word in the addresses that Aliyun pushes receipts and answers to, 32 characters or more.",
    )
    smtp_host: str = Field(default="", description="Mail relay.")
    smtp_port: int = Field(default=587, description="Port of the mail relay.")
    smtp_user: str = Field(default="", description="User at the mail relay; empty for none.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password at the mail relay.")
    smtp_sender: str = Field(default="relight@localhost", description="Address that mail comes from.")
    smtp_starttls: bool = Field(default=True, description="Whether the mail relay must offer STARTTLS.")
    smtp_connections: int = Field(default=4, ge=1, le=50, description="Most connections to the mail relay at a time.")
    smtp_ca_file: str = Field(default="", description="Certificates that the relay's may be signed by; empty: usual.")
    mail_bounce_address: str = Field(
        default="",
        description="Mailbox whose +tags come to `relight bounce` or the maildir, bounce@...; empty: nothing is read.",
    )
    bounce_maildir: str = Field(default="", description="Maildir of bounces that the office reads; empty: none.")
    dkim_domain: str = Field(default="", description="Domain that mail is signed for (DKIM); empty: the relay signs.")
    dkim_selector: str = Field(default="", description="Selector of the DKIM key: <selector>._domainkey.<domain>.")
    dkim_key_file: str = Field(default="", description="File with the private DKIM key (RSA, PEM).")
    webhook_private: bool = Field(
        default=False, description="Whether webhooks may lie on private addresses and be reached without TLS."
    )
    kiosk_relay_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password (8 hex digits, DL/T 645-2007 control 1C) that terminals close relays with; empty: none.",
    )
    rehearsal_file: Path | None = Field(
        default=None, description="Who behaves how to the rehearsal channel (JSON); empty: everything arrives."
    )
    demo: bool = Field(default=False, description="Shows the demo's own pages: scripted meters and the phone.")


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
