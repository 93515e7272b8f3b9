"""Did it get worse: two sets of sessions compared, so that the answer may block a merge.

    summaries    an analysis becomes one small row a session (and a baseline that can be kept)
    pairing      which sessions of the two sides work on the same task
    samples      the values of one metric on both sides, by task, with failed sessions as censored times
    statistics/  the ratio of a statistic, its interval, its p; nothing in there knows what a session is
    spread       how much runs of the same deployment differ
    verdicts     regression, improvement, no-change or inconclusive, gate by gate
    workload     whether the sessions had more to do, and the ratio for equal work
    blame        the change of the mean wall time, divided exactly
    comparison   all of it

The unit is the session, clustered by task, then by run: requests of one session are never independent.
A verdict goes by three things at once (verdicts.py), and by what two runs of one deployment may differ
by. Where that was never measured it is assumed: with one run a side a change of everything by a few percent
is either, and no statistics can tell.
"""
