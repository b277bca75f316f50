#!/usr/bin/env bash
# An image with alt="" is decoration, so a text version should leave it out. html-to-text 10.0.1 prints its URL in
# brackets: a text part that is made from tracked HTML shows the tracking pixel as a link, and pressing it is an open.
# Seen: "[https://track.example/o/abc]" on a line of its own.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund html-to-text@10.0.1 >>npm.log 2>&1
node -e '
const { convert } = require("html-to-text");
console.log(convert("<p>Lamps</p><img src=\"https://track.example/o/abc\" width=\"1\" height=\"1\" alt=\"\">"));
' | tee seen
diff seen - <<'SEEN'
Lamps

[https://track.example/o/abc]
SEEN
