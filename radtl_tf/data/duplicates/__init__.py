"""Find images that occur twice in a data set, exactly or nearly, among a million of them."""
