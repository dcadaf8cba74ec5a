"""A scenario re-enacted many times: how far its picture depends on what was assumed, and what another
policy would have changed."""
