"""The parts of the HTML report: markup, tables, sections, style and script. Every text from outside is escaped."""
