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
        let phase: String
        let place: String
        let hooks: [HookRow]
    }

    struct HookRow: Codable {
        let name: String
        let element: String
    }

    struct DiskRow: Codable {
        let name: String
        let kind: String
        let detail: String
    }

    let image: String
    let elements: [ElementRow]
    let phases: [PhaseRow]
    let environment: [PlannedVariable]
    let environmentScripts: [PlannedEnvironmentScript]
    let blockDeviceOrigin: String
    let blockDevice: [DiskRow]
    let buildDirectory: String
    let onTmpfs: Bool
    let steps: [String]
    let outputs: [PlannedOutput]
    let hostChecks: [HostCheck]
    let warnings: [String]

    init(_ preparation: BuildPreparation) {
        let plan = preparation.plan
        image = plan.imageName
        elements = plan.selection.members.map { member in
            ElementRow(
                name: member.element.name.text, path: member.element.path.string,
                reasons: member.reasons.map(\.description))
        }
        let hooks = plan.hooks
        phases = HookPhase.allCases.map { phase in
            PhaseRow(
                phase: phase.rawValue, place: phase.place.rawValue,
                hooks: hooks[phase].map { HookRow(name: $0.fileName, element: $0.element.text) })
        }
        let mask = SecretMask(environment: plan.request.environment)
        environment = plan.variables(program: preparation.resources.programPaths).map {
            PlannedVariable(name: $0.name, value: mask.applied(to: $0.value), origin: $0.origin)
        }
        environmentScripts = plan.environmentScripts()
        blockDeviceOrigin = plan.document.origin.description
        blockDevice = plan.graph.orderedNodes.map {
            DiskRow(name: $0.name, kind: $0.kind, detail: PlanText.detail(of: $0))
        }
        buildDirectory = plan.workspacePolicy.parentDirectory
        onTmpfs = plan.workspacePolicy.usesTmpfs
        steps = plan.steps.map(\.title)
        outputs = plan.outputs
        hostChecks = preparation.checks
        warnings = plan.warnings
    }

    /// Whether this host can carry the plan out.
    var isPossible: Bool { !hostChecks.contains { $0.status == .missing } }
}
