"""What the service keeps: card feedback, in SQLite or PostgreSQL."""
