"""Independent readers of the report formats: other libraries, schemas, and the rules of the programs that read them."""
