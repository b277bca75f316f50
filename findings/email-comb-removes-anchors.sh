#!/usr/bin/env bash
# Removing unused CSS should keep what a link jumps to. email-comb 7.4.4 removes every id that no rule names, even if an
# `href="#..."` points to it (it keeps those of `for="..."` since codsen/codsen#105), and it removes a rule whose class
# is used only in an Outlook comment. The cost: a newsletter's table of contents leads nowhere, so the links further
# down lose clicks, and Outlook shows buttons without their style.
# Seen: id="lamps" and the rule .b are gone, what uses them is not; with `whitelist: ["#*", ".b"]` nothing changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund email-comb@7.4.4 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { comb } from "email-comb"

const page = `<html><head><style>.a{color:red}.b{color:blue}</style></head><body><a class="a" href="#lamps">Lamps</a>
<!--[if mso]><p class="b">Outlook</p><![endif]--><label for="box">Yes</label><input id="box"><h2 id="lamps">Lamps</h2>
</body></html>`
console.log(comb(page).result)
console.log("unchanged with a whitelist:", comb(page, { whitelist: ["#*", ".b"] }).result.trim() === page)
JS
node seen.mjs | tee seen
diff seen - <<'SEEN'
<html><head><style>.a{color:red}</style></head><body><a class="a" href="#lamps">Lamps</a>
<!--[if mso]><p class="b">Outlook</p><![endif]--><label for="box">Yes</label><input id="box"><h2>Lamps</h2>
</body></html>
unchanged with a whitelist: true
SEEN
