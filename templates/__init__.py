"""What recipients and users see: mails, a folder each, and the texts of the content library."""
