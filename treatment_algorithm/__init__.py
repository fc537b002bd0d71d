"""The medicine: pure, no FHIR, no HTTP; Python interprets, the knowledge files decide."""
