"""What a mail contains, read with lxml and never written: trackers, differences, damage, unsubscribe headers."""
