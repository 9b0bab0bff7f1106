"""Other registries: asked through one guard, believed only as far as digests prove."""
