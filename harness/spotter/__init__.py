"""What is deployed: front-end and model, clip -> scores -> decision."""
