"""Statistics of two clustered samples: estimates with bootstrap draws, and permutation tests.

Every statistic but the geometric mean is an L-statistic: a mean of the ordered values, weighted by a shape
(shapes.py). That is what lets one piece of code draw, studentise and test them all.
"""
