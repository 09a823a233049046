package import ImagePlanning

extension HostProbe {
    /// The needs of a plan.
    package static func needs(of plan: BuildPlan, boots: Bool = false) -> HostNeeds { HostNeeds(plan, boots: boots) }
}
