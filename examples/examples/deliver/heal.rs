//! Step 4a: what Git says comes back.

use crate::screen::Screen;
use crate::world::World;
use crate::{Outcome, ensure};

pub(crate) fn heal(world: &mut World, screen: &mut Screen) -> Outcome {
    screen.step("Heal, release, roll back");
    screen.part("Heal");
    world.cluster.set_time("2026-01-02T08:00:00Z");
    let desired = world.desired()?;
    let plan = world.plan(&world.assess(&desired), &desired);
    plan.to_string().lines().for_each(|line| screen.line(line));
    world.carry_out(&plan, &desired)?;
    ensure(world.assess(&desired).is_in_sync(), "the cluster is in sync after healing")?;
    ensure(world.plan(&world.assess(&desired), &desired).is_empty(), "nothing is left to do after healing")?;
    screen.held(&format!("healed in {} steps, in sync", plan.steps.len()));
    Ok(())
}
