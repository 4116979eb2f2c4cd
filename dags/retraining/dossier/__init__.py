"""The promotion dossier: one page a candidate with all that was found out, and the same as JSON."""

from retraining.dossier.content import Dossier, dossier_of
from retraining.dossier.page import render_json, render_page
from retraining.dossier.summary import describe_version, write_summary

__all__ = ["Dossier", "describe_version", "dossier_of", "render_json", "render_page", "write_summary"]
