"""People come in: lists, forms and confirmations, each known once."""
