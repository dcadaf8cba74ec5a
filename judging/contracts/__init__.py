"""Contracts: what a gateway is held to, named by the date of the document they come from."""

from judging.clause import Clause
from judging.contracts.contract import Contract, ContractError, contract_names, load_contract, parse_contract

__all__ = ["Clause", "Contract", "ContractError", "contract_names", "load_contract", "parse_contract"]
