"""Documents that leave the house: letters and lists as PDF, laid out by typst in a process of its own."""
