"""Grafana Tempo's answers, as its query API and Grafana's export hand them out."""

from __future__ import annotations

from agenttrace.ingest.formats.tempo.reader import Tempo

TEMPO = Tempo()
