"""SavedModel export and prediction."""
