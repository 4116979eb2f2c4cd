"""Watching a model that serves: feedback, quality, drift, freshness, and when to ask for another one.

Read ``tasks/`` first: one file per task of the two monitoring DAGs. Every other module is one noun, and those
that decide or measure know neither a clock nor a store.
"""
