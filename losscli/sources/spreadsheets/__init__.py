"""Excel and OpenDocument spreadsheets: one sheet as a table, and the cells of it that have no value of their own."""
