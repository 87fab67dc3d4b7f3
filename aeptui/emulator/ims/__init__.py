"""Adobe's identity service, as far as OAuth server-to-server credentials need it."""
