# The commands of the office. `make test` sets itself up on a fresh machine.
PYTHON ?= python3

.PHONY: test
test:
	bash .ci/run
