"""The npm package ``dlt-web``: the web bundle as an app installs and imports it."""
