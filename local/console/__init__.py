"""The command line of operators: see jobs and runs and steer them, on this machine or on a deployed stack."""
