"""The documents of the office, for people who do not sign in: statement of applicability, gap register, board report."""
