"""What a given crowd needs, from costs that were measured and fitted on this machine."""
