"""The supply chain's checks, each on what it has to find."""
