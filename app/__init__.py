"""The product: rules, records, use-cases, and the web as one of its doors."""
