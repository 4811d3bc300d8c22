"""The local run: every server and service of Airwave under one supervisor, with one command."""
