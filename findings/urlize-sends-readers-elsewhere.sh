#!/usr/bin/env bash
# Making links out of plain text should not change the URLs. Django 5.2.19's `urlize` decodes character references
# without a semicolon in them: the text "?lamp=1&region=eu" is shown as written, and the link leads to "?lamp=1(R)ion=eu"
# with the registered-trademark sign, percent-encoded. So do `&copy=`, `&section=`, `&para=`, `&times=`, `&not=`.
# Seen: href="https://shop.example.com/?lamp=1%C2%AEion%3Deu" around the unchanged text.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19
env/bin/python -c '
from django.utils.html import urlize
print(urlize("https://shop.example.com/?lamp=1&region=eu"))
print(urlize("https://shop.example.com/?page=2&section=3"))
' | tee seen
diff seen - <<'SEEN'
<a href="https://shop.example.com/?lamp=1%C2%AEion%3Deu">https://shop.example.com/?lamp=1&region=eu</a>
<a href="https://shop.example.com/?page=2%C2%A7ion%3D3">https://shop.example.com/?page=2&section=3</a>
SEEN
