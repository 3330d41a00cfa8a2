"""Speed and quality, measured against a peer in the same run where there is one."""
