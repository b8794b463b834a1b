"""The one base of the REST doors: who calls, what they may send, what they get back, and how a refusal reads."""
