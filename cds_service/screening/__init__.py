"""Population screening: the same decision over many charts, with counts and rates (reliability.md 3)."""
