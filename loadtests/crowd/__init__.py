"""What a client must be told, and whether it was. Pure: no locust, no socket, no clock."""
