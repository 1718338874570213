"""The inequalities and simulations that certificates are made of."""
