"""Templates: versions, preview, segments and cost, approval."""
