"""Archives: fetched, verified and unpacked."""
