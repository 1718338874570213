"""Training and certificate in one: declare, draw the sample, train, issue the certificates, put the result together."""
