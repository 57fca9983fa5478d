"""Who must meet whom, when, and did they: the competence register, conferences and obligations."""
