"""Schema Registry: classes, field groups, data types and behaviours of XDM, tenant schemas composed of them, descriptors."""
