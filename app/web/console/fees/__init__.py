"""Remote fee control at the desk: statements of meters, and the prices of tariffs."""
