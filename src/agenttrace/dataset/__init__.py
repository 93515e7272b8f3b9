"""Traces as a partitioned Parquet dataset: sessions never split, written so that it is whole or not there.

A partition is a folder of one Parquet file a table, with complete sessions sorted by name; `partition.json` in it,
written last, says that it is whole. The manifest, renamed last of all, says which partitions there are.
"""
