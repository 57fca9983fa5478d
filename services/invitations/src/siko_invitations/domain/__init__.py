"""What invitations decide: lists with their coverage, single invitations, and what is known of others."""
