"""Papers to hand round: one description, written as PDF and as a Word file.

`document` says what a paper is made of, `pdf` and `word` write it, `downloads` answers a request with it. Text that
people typed is data everywhere: no writer puts it into markup.
"""
