"""How the pixel is written around its URL. Without imports, so that a check can use it without the rest."""

from __future__ import annotations

PIXEL_BEGINS = '<img src="'
# An email's own style sheet must not draw it: `img{width:100%!important}` for phones makes 375 x 375 pixels of it,
# `padding` and `margin` a gap. Only a declaration in the tag that is important, too, holds against those.
PIXEL_STYLE = (
    "display:block!important;width:1px!important;height:1px!important;min-width:0!important;min-height:0!important;"
    "border:0!important;margin:0!important;padding:0!important"
)
PIXEL_ENDS = f'" width="1" height="1" style="{PIXEL_STYLE}" alt="">'
# As it was written before; in the mailboxes of people it is for ever.
OLD_PIXEL_ENDS = ('" width="1" height="1" style="display:block;width:1px;height:1px;border:0;" alt="">',)
