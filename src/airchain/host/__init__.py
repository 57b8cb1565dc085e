"""Everything that exists on a host: the agent and what it renders.

identity, facts, state        read: who and what this host is
instances, plan, units, nginx decide: pure functions from a release to acts
pull, start, switch, drain,
tasks, cron, cleanup          act
converge, loop, supervise     the order of the acts; the agent
"""
