#!/usr/bin/env bash
# A redirect to a URL with letters beyond ASCII should go where the URL goes. Hono 4.13.19's `c.redirect` leaves most
# URLs as they are, but runs `encodeURI` over the whole URL if it contains a letter beyond U+00FF, so the escapes
# that it already has are escaped again: %20 becomes %2520, and %2F becomes %252F. Node's `Response.redirect` encodes
# only the letters. The cost: a click on such a link ends on a page that does not exist, or opens a link with another
# signature; the same link without the Polish, Greek, Cyrillic or Japanese letter works.
# Seen: from Hono the first Location is unchanged, and in the two others each % has become %25.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund hono@4.13.19 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { Hono } from "hono"

for (const url of [
  "https://shop.example/lamps?next=%2Fa%20b&sig=q%2Bk%3D",
  "https://shop.example/lampy-żółte?next=%2Fa%20b&sig=q%2Bk%3D",
  "https://shop.example/lamps?q=ランプ&next=%2Fa%20b",
]) {
  const app = new Hono()
  app.get("/", (c) => c.redirect(url))
  console.log("Hono:", (await app.request("/")).headers.get("location"))
  console.log("Response:", Response.redirect(url).headers.get("location"))
}
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
Hono: https://shop.example/lamps?next=%2Fa%20b&sig=q%2Bk%3D
Response: https://shop.example/lamps?next=%2Fa%20b&sig=q%2Bk%3D
Hono: https://shop.example/lampy-%C5%BC%C3%B3%C5%82te?next=%252Fa%2520b&sig=q%252Bk%253D
Response: https://shop.example/lampy-%C5%BC%C3%B3%C5%82te?next=%2Fa%20b&sig=q%2Bk%3D
Hono: https://shop.example/lamps?q=%E3%83%A9%E3%83%B3%E3%83%97&next=%252Fa%2520b
Response: https://shop.example/lamps?q=%E3%83%A9%E3%83%B3%E3%83%97&next=%2Fa%20b
SEEN
