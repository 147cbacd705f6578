"""Gmail v1: mailboxes that are made when first opened, with labels, history, search and incoming mail."""
