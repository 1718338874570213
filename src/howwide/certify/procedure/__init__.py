"""What comes before a certificate: declare, draw the sample, train."""
