"""What watches over the functions on AWS: alarms, a dashboard and saved queries, made from the list of jobs.

`make observability` writes them into template.yaml, between two markers; a test compares.
"""
