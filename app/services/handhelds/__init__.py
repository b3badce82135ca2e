"""Hand-held readers: files of orders that go out, and what comes back (SPEC H-9).

holding     what is out of the house, for those who decide about money
making      a file: its lines, checked and numbered
writing     a file handed out: cuts are cleared anew
returning   a file of results taken in, as it came
applying    row by row: believed, applied as proof, or shown with its reason
care        given back, and asked for when its time is over
views       pages and lists
"""
