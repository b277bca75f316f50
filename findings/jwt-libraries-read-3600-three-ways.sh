#!/usr/bin/env bash
# "Expires in 3600" should mean the same in every library for signed tokens. jsonwebtoken 9.0.3 reads the number as
# seconds and the text "3600", which environment variables contain, as milliseconds. fast-jwt 6.3.6 reads both as
# milliseconds. jose 6.2.18 reads the number as a moment in 1970 and refuses the text. The cost: after a change of
# library or of configuration, the links in an email expire before the email arrives. "1 hour" means an hour in all
# three.
# Seen (for 3600, "3600" and "1 hour"): the three lines at the end.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund jsonwebtoken@9.0.3 fast-jwt@6.3.6 jose@6.2.18 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { createSigner } from "fast-jwt"
import { SignJWT, decodeJwt } from "jose"
import jsonwebtoken from "jsonwebtoken"

const key = "k".repeat(32)
const issued = Math.floor(Date.now() / 1000)
const makers = {
  jsonwebtoken: (expires) => jsonwebtoken.sign({ iat: issued }, key, { expiresIn: expires }),
  "fast-jwt": (expires) => createSigner({ key, expiresIn: expires })({ iat: issued }),
  jose: (expires) => new SignJWT({ iat: issued }).setProtectedHeader({ alg: "HS256" }).setExpirationTime(expires)
    .sign(Buffer.from(key)),
}
for (const [name, make] of Object.entries(makers)) {
  const lasts = []
  for (const expires of [3600, "3600", "1 hour"]) {
    try {
      const seconds = decodeJwt(await make(expires)).exp - issued
      lasts.push(seconds < 0 ? "expired" : seconds < 60 ? "seconds" : seconds < 3700 ? "an hour" : "longer")
    } catch (error) {
      lasts.push(error.name)
    }
  }
  console.log(name, lasts.join(", "))
}
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
jsonwebtoken an hour, seconds, an hour
fast-jwt seconds, seconds, an hour
jose expired, TypeError, an hour
SEEN
