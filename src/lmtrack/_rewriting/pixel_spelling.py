"""How the pixel is written around its URL. Without imports, so that a check can know it and nothing else of ours."""

from __future__ import annotations

PIXEL_BEGINS = '<img src="'
PIXEL_ENDS = '" width="1" height="1" style="display:block;width:1px;height:1px;border:0;" alt="">'
# As it was written before; in the mailboxes of people it is for ever.
OLD_PIXEL_ENDS = ('" width="1" height="1" style="display:block;width:1px;height:1px;border:0;" alt="">',)
