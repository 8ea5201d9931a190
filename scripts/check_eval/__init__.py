"""The parts of scripts/check-eval."""
