"""Words of content: digests, references, manifests, errors."""
