"""The bundled profiles: what `--profile NAME` and `extends: NAME` mean."""
