"""The audit packet: what an auditor takes away and checks without us, to the last figure."""
