"""The catalogue of categories."""
