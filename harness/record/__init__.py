"""The contract: what was measured, as it is kept, read and compared."""
