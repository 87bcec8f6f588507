"""Those who take part in bench/contest.py: Taskyard, what one would take instead, the bounds."""
