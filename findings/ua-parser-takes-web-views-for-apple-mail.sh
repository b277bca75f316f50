#!/usr/bin/env bash
# A User-Agent that names its program should be called by that name. ua-parser 1.0.2 (rules of 2026-10, and with it
# user-agents 2.2.0) calls every WebKit view on macOS without a Safari token "Apple Mail" and takes the engine's version
# for the program's: Outlook for Mac, which names itself OneOutlook, is "Apple Mail 605.1.15".
# Seen: Apple Mail 605.1.15.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check user-agents==2.2.0 ua-parser==1.0.2 ua-parser-builtins==202610
env/bin/python -c '
from user_agents import parse
agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) OneOutlook/1.2026.1105"
browser = parse(agent).browser
print(browser.family, browser.version_string)
' | tee seen
diff seen - <<'SEEN'
Apple Mail 605.1.15
SEEN
