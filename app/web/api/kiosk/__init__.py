"""The terminals' way in. docs/kiosk-api.md says what is sent; nothing here renders a page."""
