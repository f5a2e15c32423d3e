"""Getting a source's file: over https, by SFTP, or from a folder."""
