"""Amounts: numbers with a unit, a currency or a size."""
