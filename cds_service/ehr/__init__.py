"""Everything that speaks to the EHR's FHIR server, and decides whether it may be spoken to."""
