"""What stands in the middle: goals, all-goals values, planes, and the files that hold them.

numpy alone; everything else in the lab makes these or reads them.
"""
