"""What others wrote and we ship, locked, licensed, without known holes; and no secret in it."""
