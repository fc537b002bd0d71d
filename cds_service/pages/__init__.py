"""The pages that cards link to: the guideline and the account of the service, written from the knowledge."""
