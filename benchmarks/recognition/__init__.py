"""How well drugs are recognised by name: what `make bench-recognition` prints, and docs/recognition.md reports."""
