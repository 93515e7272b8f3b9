"""What a trace tells of the server behind it: how long prefill takes there, and what is queue beyond that.

`observe` (observations.py) takes the waits for the first token out of a trace, `fit_service` (service.py)
fits the unloaded prefill time to them, `part_queue` (parting.py) parts what is beyond it as queue.

Sources seldom say how long a request queued. Dynamo's `prefill_time_ms` runs from the dispatch to the first
token and holds the engine's queue; most clients state only the time to the first token. The unloaded time

    prefill = a + b * uncached tokens + c * uncached tokens * context tokens

is fitted to those requests that met no other one waiting for its first token on their worker, and came out near
the lower edge of all of them. Where there are too few of these, the lower edge itself is all that can be
said: prefill took that long at most, so the queue is a lower bound. Where there are hardly any requests or no token
counts, nothing is parted.
"""
