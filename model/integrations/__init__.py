"""qingyuan inside other tools: one file for each, imported only by whoever uses that tool."""
