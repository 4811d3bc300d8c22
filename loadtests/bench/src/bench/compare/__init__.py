"""``make compare``: the same readings over each transport, through the edge."""
