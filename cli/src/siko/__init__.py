"""The command line of siko: runs the whole system on one machine, sends commands, asks queries."""
