"""What an exported model says of itself."""
