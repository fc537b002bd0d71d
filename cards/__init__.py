"""Assessment in, CDS Hooks cards out; pure, no I/O."""
