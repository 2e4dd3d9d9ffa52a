"""The wire formats, as pydantic schemas: Kubernetes objects and the concise form. Nothing else knows them."""
