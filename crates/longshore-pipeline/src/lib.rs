//! CI configuration to job graph to schedule: compile, simulate, explain.
