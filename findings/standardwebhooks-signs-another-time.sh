#!/usr/bin/env bash
# Signing with an aware time should sign the moment that it is. standardwebhooks 1.1.0 puts UTC in the place of its zone,
# so a time of 14:00+02:00 is signed as 14:00 UTC, two hours late, and its own `verify` refuses what it signed beside the
# right `webhook-timestamp`. Known upstream as standard-webhooks/standard-webhooks#251.
# Seen: a time in UTC verifies, the same moment in another zone does not.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
env/bin/python -c '
from datetime import UTC, datetime, timedelta, timezone
from standardwebhooks import Webhook, WebhookVerificationError
hook, now = Webhook("whsec_" + "bGFudGVybnM" * 4), datetime.now(UTC).replace(microsecond=0)
for hours in (0, 2, -5):
    then = now.astimezone(timezone(timedelta(hours=hours)))
    assert then == now
    signature = hook.sign("msg_1", then, "{}")
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(then.timestamp())), "webhook-signature": signature}
    try:
        hook.verify("{}", headers)
        print(hours, "verifies")
    except WebhookVerificationError:
        print(hours, "is refused")
' | tee seen
diff seen - <<'SEEN'
0 verifies
2 is refused
-5 is refused
SEEN
