"""Orders carried to meters in a hand-held reader (掌机), and what it brings back: as rows of text.

    columns     the columns of both files, as one table
    cells       one cell of a row, both ways
    commands    typed orders <-> rows
    results     rows -> what became of each order, and which rows are wrong, and where

A row is a mapping of column names to text, as a DBF file holds it. `headend_client.handheld` reads and writes files.
"""
