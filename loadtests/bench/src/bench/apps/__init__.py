"""Programs that the benchmark runs as servers: the others' usual way, and our portable path."""
