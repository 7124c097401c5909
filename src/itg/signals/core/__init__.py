"""The pure forecasts, their windows and their accuracy."""
