"""Records what eMAG answers into a folder that may be given away: credentials and personal data are taken out."""
