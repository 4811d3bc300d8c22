"""What feed, chat and producer share."""
