"""Whether anything is left of connections that are gone."""
