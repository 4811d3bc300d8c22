"""Connections to the endpoint, each bounded in time, each giving a recording and no verdict."""
