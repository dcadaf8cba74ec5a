"""Answers of the endpoints that read state, or change settings, without taking gateway capacity.

Each takes the gateway, the account (None where no key is asked for) and the checked parameters.
"""
