# Nobody until somebody is named, e.g. the office's range.
client_cidrs = []
