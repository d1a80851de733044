//! Desired against live: who changed what and why, health, an ordered plan, a sync machine.
