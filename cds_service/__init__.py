"""The web service around the decision: HTTP, the EHR's FHIR server, the clock, storage and settings live only here."""
