"""The pack that a clinician signs: rules with their texts, sources and stories as one HTML file."""
