"""The record of a run, the contract: how it is written, read and compared."""
