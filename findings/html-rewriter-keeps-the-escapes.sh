#!/usr/bin/env bash
# `getAttribute("href")` should return the URL of a link, as it does in a browser. Cloudflare's HTMLRewriter, here as
# html-rewriter-wasm 0.4.1 and htmlrewriter 0.0.13, returns the text of the page (lol-html#131), and so does ultrahtml
# 1.7.0: between two parameters there is `&amp;`. A program that writes it back sees nothing wrong; one that puts it
# into a token sends people to a URL whose parameters, except the first, have other names. The cost: campaigns without
# utm parameters, and pages that miss what they were told.
# Seen: the parameters "item" and "amp;utm_source" from those three; "item" and "utm_source" from cheerio 1.2.0,
# linkedom 0.18.15 and node-html-parser 9.0.7.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund html-rewriter-wasm@0.4.1 htmlrewriter@0.0.13 ultrahtml@1.7.0 cheerio@1.2.0 \
  linkedom@0.18.15 node-html-parser@9.0.7 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { load } from "cheerio"
import { HTMLRewriter as Wasm } from "html-rewriter-wasm"
import { HTMLRewriter } from "htmlrewriter"
import { parseHTML } from "linkedom"
import { parse } from "node-html-parser"
import { ELEMENT_NODE, parse as parseUltra, walkSync } from "ultrahtml"

const html = '<p><a href="https://shop.example/?item=7&amp;utm_source=letter">Lamps</a></p>'
const tools = {
  async "html-rewriter-wasm"() {
    let url
    const rewriter = new Wasm(() => {})
    rewriter.on("a", { element(link) { url = link.getAttribute("href") } })
    await rewriter.write(Buffer.from(html))
    await rewriter.end()
    return url
  },
  async htmlrewriter() {
    let url
    const rewriter = new HTMLRewriter().on("a", { element(link) { url = link.getAttribute("href") } })
    await rewriter.transform(new Response(html)).text()
    return url
  },
  ultrahtml() {
    let url
    walkSync(parseUltra(html), (node) => { if (node.type === ELEMENT_NODE) url ??= node.attributes.href })
    return url
  },
  cheerio: () => load(html)("a").attr("href"),
  linkedom: () => parseHTML(html).document.querySelector("a").getAttribute("href"),
  "node-html-parser": () => parse(html).querySelector("a").getAttribute("href"),
}
for (const [name, tool] of Object.entries(tools)) {
  console.log(`${name}:`, ...new URL(await tool()).searchParams.keys())
}
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
html-rewriter-wasm: item amp;utm_source
htmlrewriter: item amp;utm_source
ultrahtml: item amp;utm_source
cheerio: item utm_source
linkedom: item utm_source
node-html-parser: item utm_source
SEEN
