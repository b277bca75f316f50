#!/usr/bin/env bash
# A URL with its scheme should become a link whatever its top-level domain. bleach 6.4.0's `linkify` keeps a list of
# top-level domains from years ago and applies it to https:// URLs too: .com is linked, .shop, .app and .dev are not.
# Seen: only the .com URL becomes a link.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check bleach==6.4.0
env/bin/python -c '
import bleach
for domain in ("com", "shop", "app", "dev", "email"):
    print(domain, "<a " in bleach.linkify(f"https://lantern.{domain}/a"))
' | tee seen
diff seen - <<'SEEN'
com True
shop False
app False
dev False
email False
SEEN
