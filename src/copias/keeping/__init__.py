"""What is done to copies that are kept: moved to another store, and the room for more foreseen."""
