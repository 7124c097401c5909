"""Pure state and rules of teams and rounds."""
