"""Takes shops over from files: CSV and GeoJSON, also with gzip.

`reading` turns a file into records, `rows` a record into what the shops' domain takes, `loading` hands them over in
batches, `rejects` writes down what was refused. What makes a shop sound is decided by the shops' domain alone.
"""
