import Basics
import BlockDevices
import Elements
import ImageAssembly
import ImagePlanning
import SystemPackage

/// What `ingot plan` and `--dry-run` show: a plan as a value for programs, from which the text for people is made.
struct PlanDescription: Codable {
    struct ElementRow: Codable {
        let name: String
        let path: String
        let reasons: [String]
    }

    struct PhaseRow: Codable {
        let phase: HookPhase
        let place: HookPhase.Place
        let hooks: [HookRow]
    }

    struct HookRow: Codable {
        let name: String
        let element: String
    }

    struct StepRow: Codable {
        let title: String
        /// For a step that runs the hooks of a phase.
        let phase: HookPhase?
    }

    let image: String
    let architecture: String
    let elements: [ElementRow]
    let phases: [PhaseRow]
    let environment: [PlannedVariable]
    /// What the elements declare in `element.yaml`, with values and where they come from.
    let variables: [PlannedSetting]
    let environmentScripts: [PlannedEnvironmentScript]
    let disk: PlannedDisk
    let buildDirectory: String
    let onTmpfs: Bool
    let steps: [StepRow]
    let outputs: [PlannedOutput]
    let hostChecks: [HostCheck]
    let installCommand: String?
    let warnings: [String]
    /// What of it is in the layer store; nothing where there is none.
    var layers: LayerForecast?

    init(_ preparation: BuildPreparation) {
        let plan = preparation.plan
        image = plan.imageName
        architecture = plan.request.architecture.name
        elements = plan.selection.members.map { member in
            ElementRow(
                name: member.element.name.text, path: member.element.path.string,
                reasons: member.reasons.map(\.description))
        }
        let hooks = plan.hooks
        phases = HookPhase.allCases.map { phase in
            PhaseRow(
                phase: phase, place: phase.place,
                hooks: hooks[phase].map { HookRow(name: $0.fileName, element: $0.element.text) })
        }
        let mask = SecretMask(
            environment: plan.request.environment, secretNames: plan.descriptions.secretNames)
        let hookVariables = plan.variables(program: preparation.resources.programPaths)
        variables = plan.settings(hookVariables).map { $0.masked(mask.applied) }
        environment = hookVariables.map {
            PlannedVariable(name: $0.name, value: mask.applied(to: $0.value), origin: $0.origin)
        }
        environmentScripts = plan.environmentScripts()
        disk = PlannedDisk(plan)
        buildDirectory = plan.workspacePolicy.parentDirectory
        onTmpfs = plan.workspacePolicy.usesTmpfs
        steps = plan.steps.map { StepRow(title: $0.title, phase: $0.phase) }
        outputs = plan.outputs
        hostChecks = preparation.checks
        installCommand = preparation.installCommand
        warnings = plan.warnings
    }

    /// Whether this host can carry the plan out.
    var isPossible: Bool { !hostChecks.contains { $0.status == .missing } }
}

extension BuildStep {
    fileprivate var phase: HookPhase? {
        if case .runHooks(let phase) = self { phase } else { nil }
    }
}
