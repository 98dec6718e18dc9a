"""Tables read by pyarrow, a group of rows at a time: Parquet, Feather, and folders of Hugging Face `datasets`."""
