"""The users that locust runs, over real sockets."""
