"""The same system on one machine: PostgreSQL, AWS services, Lambda, gateway and clock."""
