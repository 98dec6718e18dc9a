"""From files to aligned arrays: which columns fill which roles, and which rows belong together."""
