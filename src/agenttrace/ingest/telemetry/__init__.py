"""Spans with attributes, whatever container they came in: what each dialect means by them.

A format of spans decodes its container and hands spans to `Intake`; the dialect layer makes rows of them.
"""
