"""How mail clients read HTML and CSS."""
