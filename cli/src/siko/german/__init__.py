"""German words for what people read: commands and queries, codes, headings, facts."""
