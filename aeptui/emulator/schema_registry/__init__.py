"""Schema Registry: XDM's classes, field groups, data types and behaviours, tenant schemas, descriptors."""
