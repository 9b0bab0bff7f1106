"""Words of objects: metadata, selectors, patches, schemas, Status."""
