"""Contracts: what a gateway is held to, named by the date of the document they come from."""

from loadgen.contracts.contract import Clause, Contract, ContractError, contract_names, load_contract

__all__ = ["Clause", "Contract", "ContractError", "contract_names", "load_contract"]
