"""FHIR R4 JSON in, PatientFeatures out; no input or output of its own (decision 7)."""
