"""Remote fee control (远程费控): the ledger holds a meter's money, its days are charged, its relay is commanded."""
