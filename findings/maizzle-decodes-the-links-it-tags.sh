#!/usr/bin/env bash
# Adding utm_source to a link should keep its other parameters. Maizzle 6.1.7's `urlQuery` writes every value again
# without its escapes: after %26 becomes &, a URL in a parameter falls apart into several; %2B becomes +, so signatures
# fail; and a utm_source that the link already has is replaced. Its predecessor's plug-in, posthtml-url-parameters
# 3.1.4, takes HTML's &amp; for a part of the next name. The cost: the shop gets other parameters than those that the
# sender wrote.
# Seen: by Maizzle, `to` ends at its first & and `sig` means "q k="; by the plug-in, `sig` is called "amp;sig".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund @maizzle/framework@6.1.7 posthtml@0.16.7 posthtml-url-parameters@3.1.4 \
  >>npm.log 2>&1
cat >seen.mjs <<'JS'
import posthtml from "posthtml"
import plugin from "posthtml-url-parameters"
// by its file, because the package's main file needs Node 22
import { urlQuery } from "./node_modules/@maizzle/framework/dist/transformers/urlQuery.js"

const link = '<a href="https://shop.example/go?to=https%3A%2F%2Fblog.example%2F%3Fa%3D1%26b%3D2&amp;sig=q%2Bk%3D">x</a>'
const own = '<a href="https://shop.example/?utm_source=partner">x</a>'
function show(name, html) {
  const url = new URL(html.match(/href="([^"]*)"/)[1].replaceAll("&amp;", "&"))
  console.log(name, JSON.stringify(Object.fromEntries(url.searchParams)))
}
show("before:", link)
show("Maizzle:", urlQuery(link, { utm_source: "mail" }))
show("plug-in:", (await posthtml([plugin({ parameters: { utm_source: "mail" }, tags: ["a"] })]).process(link)).html)
show("Maizzle:", urlQuery(own, { utm_source: "mail" }))
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
before: {"to":"https://blog.example/?a=1&b=2","sig":"q+k="}
Maizzle: {"sig":"q k=","to":"https://blog.example/?a=1","b":"2","utm_source":"mail"}
plug-in: {"amp;sig":"q+k=","to":"https://blog.example/?a=1&b=2","utm_source":"mail"}
Maizzle: {"utm_source":"mail"}
SEEN
