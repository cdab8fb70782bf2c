"""Showing a case to others: a plan of what is shown, an open part with letters for names, an annex for named keys only.

What was taken out may stand in the plan, which is sealed to the desk, and in the annex; never in the open part.
"""
