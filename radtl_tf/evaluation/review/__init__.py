"""What a critical reader checks: separate patients, false claims, fixed models, numbers of cases."""
