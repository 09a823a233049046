package import BlockDevices
package import Elements

/// A build, decided: everything that will be done, as a value that can be printed, compared and carried out.
///
/// Two honest limits: the size of the disk is known only after the tree has been measured, so the plan has the policy
/// (`ImageSizing`) and the shape (`BlockDeviceGraph`), and a second pure step computes the layout in the middle of the
/// run; and hooks may add hooks, so the plan is authoritative for the phases, the staged tree for the scripts in one.
package struct BuildPlan: Hashable, Sendable {
    package let request: BuildRequest
    package let selection: ElementSelection
    /// What the elements say of themselves, and how the request agrees with it.
    package let checks: VariableChecks
    package let staging: StagingPlan
    package let document: BlockDeviceDocument
    package let graph: BlockDeviceGraph
    /// How the disk is made.
    package let backend: BackendChoice
    package let blockDevice: BlockDeviceVariables
    package let workspacePolicy: WorkspacePolicy
    /// The name of the outputs without suffix: `IMAGE_NAME` of the hooks.
    package let imageName: String
    package let outputs: [PlannedOutput]
    package let steps: [BuildStep]
    /// Not errors: what the user should know.
    package let warnings: [String]

    /// What the elements declare: variables, inputs, what they are for.
    package var descriptions: ElementDescriptions { checks.descriptions }

    /// Whether the disk becomes an output; where the tree alone does, nobody sees a disk that was not filled.
    package var writesDisk: Bool { steps.contains { if case .convert = $0 { true } else { false } } }

    /// The hooks as planned.
    package var hooks: HookSet { staging.hooks() }

    /// The request with the name that hooks see.
    package var effectiveRequest: BuildRequest {
        var result = request
        result.imageName = imageName
        return result
    }

    /// The variables of the hooks before any phase, for a build in `workspace`.
    package func hookEnvironment(
        in workspace: BuildWorkspace, program: HookEnvironment.ProgramPaths
    ) -> HookEnvironment {
        var environment = HookEnvironment(
            request: effectiveRequest, exports: ElementExports(selection.elements).environment, workspace: workspace,
            program: program)
        for (name, value) in blockDevice.pairs { environment.set(name, value) }
        return environment
    }
}
