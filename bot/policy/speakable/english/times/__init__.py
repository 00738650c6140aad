"""Times: clocks, lengths of time, days and dates."""
