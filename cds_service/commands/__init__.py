"""The commands of calcinosis-cds, one module for each, and what they read and print."""
