"""Cards by Stripe Checkout. The library is an extra: nothing here imports it before the provider is switched on."""
