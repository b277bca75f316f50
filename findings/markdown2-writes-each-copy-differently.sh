#!/usr/bin/env bash
# Converting the same Markdown twice should make the same HTML twice. markdown2 2.5.5 hides the letters of an address in
# angle brackets behind character references that it chooses at random, so each recipient's copy has other bytes, and a
# hash, a cache or a byte-wise comparison of two copies finds personal mail. Markdown 3.11.3 and mistune 3.4.0 do not.
# Seen: 20 conversions make 20 texts with markdown2, 1 with the others; decoded, all 20 are the same page.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check markdown2==2.5.5 Markdown==3.11.3 mistune==3.4.0
env/bin/python -c '
from html import unescape
import markdown, markdown2, mistune
letter = "Questions? Write to <desk@lantern.example>."
for name, convert in ("Markdown", markdown.markdown), ("mistune", mistune.html), ("markdown2", markdown2.markdown):
    copies = {convert(letter) for _ in range(20)}
    print(name, len(copies), "decoded", len({unescape(copy) for copy in copies}))
' | tee seen
diff seen - <<'SEEN'
Markdown 1 decoded 1
mistune 1 decoded 1
markdown2 20 decoded 1
SEEN
