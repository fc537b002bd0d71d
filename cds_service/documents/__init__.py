"""Documents that are generated from the knowledge and kept in docs/."""
