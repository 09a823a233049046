package import ImagePlanning

extension HostProbe {
    /// The needs of a plan, with those that only the writers of formats know: which options qemu-img alone can honour.
    package static func needs(of plan: BuildPlan, boots: Bool = false) -> HostNeeds {
        var needs = HostNeeds(plan, boots: boots)
        let request = plan.request
        let isNeeded = request.formats.contains {
            DiskConversion.needsQemuImg($0, options: request.qemuImgOptions, compresses: request.compresses)
        }
        if isNeeded, !needs.tools.contains(where: { $0.alternatives == ["qemu-img"] }) {
            needs.tools.append(HostNeeds.Tool("qemu-img", to: "write qcow2 images with these options"))
        }
        return needs
    }
}
