"""The kinds of input: how the cases of each are made, and what the product is to do with them."""
