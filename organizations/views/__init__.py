"""Pages of organizations, States, contacts, people and information sheets."""
