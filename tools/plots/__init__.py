"""The pictures of docs/explanation/the-model-measured.md: fixed seeds, so the same bytes again."""
