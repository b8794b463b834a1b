"""What the pages of the portal show, as plain values: one file a page or a group of them."""
