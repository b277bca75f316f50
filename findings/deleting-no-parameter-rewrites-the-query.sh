#!/usr/bin/env bash
# Removing a parameter that a URL does not have should change nothing. By the URL standard, `searchParams.delete` writes the
# whole query again as a form does, found or not: %20 becomes +, ~ becomes %7E, a parameter without a value gets a =. Code
# that strips `fbclid` this way, or appends one `utm_source`, respells signed links. Node 20 and whatwg-url 17.3.0 agree.
# Seen: reading changes nothing; `delete("fbclid")` on a URL without it writes three of its four parameters differently.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund whatwg-url@17.3.0 >>npm.log 2>&1
node -e '
const link = "https://shop.example/lamps?name=floor%20lamp&note=a~b&sale&sig=x%2Fy"
for (const [name, Reader] of [["node", URL], ["whatwg-url", require("whatwg-url").URL]]) {
  const url = new Reader(link)
  console.log(name, "read", url.href === link)
  url.searchParams.get("fbclid")
  console.log(name, "get", url.href === link)
  url.searchParams.delete("fbclid")
  console.log(name, "delete", url.search)
}
' | tee seen
diff seen - <<'SEEN'
node read true
node get true
node delete ?name=floor+lamp&note=a%7Eb&sale=&sig=x%2Fy
whatwg-url read true
whatwg-url get true
whatwg-url delete ?name=floor+lamp&note=a%7Eb&sale=&sig=x%2Fy
SEEN
