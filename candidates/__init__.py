"""One module a candidate; models/ holds what they were trained to, _training/ what trains them."""
