"""Tests of the retraining package and of the DAG; ``unit`` mirrors ``retraining``."""
