"""Doctor: what is wrong with an installation, its EHR or its running service, in plain words."""
