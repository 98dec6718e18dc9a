"""Kernels and checks shared by several families."""
