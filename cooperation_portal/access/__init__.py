"""Access: roles, visibility levels, the role table, and the policy that every surface asks."""
