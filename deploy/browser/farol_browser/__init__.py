"""What tests in a real browser share: the browser, the running of checks, and what they need of this machine."""
