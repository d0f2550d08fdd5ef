"""The pages that a person opens: experiment, data check, preview, external test."""
