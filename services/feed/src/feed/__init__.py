"""Fans readings out over Server-Sent Events."""
