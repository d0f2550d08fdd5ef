"""What keeps an output folder right: one writer, no leftovers, and a record of failures."""
