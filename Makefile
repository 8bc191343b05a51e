# Thin aliases for habit; everything is in dev.py.
.PHONY: run test demo bench check lock
run test demo bench check lock:
	@python3 dev.py $@ $(ARGS)
