"""What the agenda decides: one module an aggregate, its refusals, and its part of the rulesets."""
