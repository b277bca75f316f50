#!/usr/bin/env bash
# Schemes are case-insensitive (RFC 3986, section 3.1), so a sanitiser should keep HTTPS:// as it keeps https://.
# js-xss 1.0.17 empties the href: the link is still shown and leads nowhere.
# Seen: <a href>capital</a> next to an unchanged link.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund xss@1.0.17 >>npm.log 2>&1
node -e '
const xss = require("xss");
console.log(xss("<a href=\"HTTPS://shop.example/a\">capital</a>"));
console.log(xss("<a href=\"https://shop.example/a\">small</a>"));
' | tee seen
diff seen - <<'SEEN'
<a href>capital</a>
<a href="https://shop.example/a">small</a>
SEEN
