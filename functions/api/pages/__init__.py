"""The dashboard: pages for people, made from what the API answers, with every part of them served from here."""
