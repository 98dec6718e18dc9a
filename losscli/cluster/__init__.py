"""The same evaluation by the workers of a Dask scheduler."""
