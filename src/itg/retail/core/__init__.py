"""The pure behavior of the house and of the small investors."""
