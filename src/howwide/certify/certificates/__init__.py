"""The certificates, one file each."""
