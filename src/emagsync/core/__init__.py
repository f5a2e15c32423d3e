"""What every room may use: settings, the clock, money, and the root of the errors. Imports nothing of ours."""
