"""Our manifests as Python sees them: rendered by the real kustomize, and walked."""
