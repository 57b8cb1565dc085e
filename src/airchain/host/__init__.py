"""Everything that exists on a host: the agent and what it renders."""
