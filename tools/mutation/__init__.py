"""Do the tests notice when the code is wrong? Change one place at a time, run the tests, count who noticed.

`points` lists every place that can be changed and how. `sample` draws some of them by a seed. `trial` runs,
for each one, the tests that cover it in a forked process. `table` writes down what came of it.
"""
