"""Who somebody is and what they may do: tokens, tickets, revocations. Served to feed and chat."""
