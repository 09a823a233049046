import Basics
import Elements
import ImagePlanning
import LinuxOS

/// What decides, beside the plan, what may be reused.
package struct CacheTraits: Sendable {
    package var version: String
    /// Whether a variable's value is a secret, by its name and itself.
    package var isSecret: @Sendable (_ name: String, _ value: String) -> Bool

    package init(
        version: String = "",
        isSecret: @escaping @Sendable (_ name: String, _ value: String) -> Bool = { _, _ in false }
    ) {
        self.version = version
        self.isSecret = isSecret
    }
}

/// Where a build with layers has come to.
struct LayerState {
    let store: LayerStore
    let tree: LayeredTree
    let keys: LayerKeyMaker
    let asker: InputAsker
    let descriptions: ElementDescriptions
    let policy: CachePolicy

    /// Nothing where overlayfs stacks the layers.
    var copies: CopiedTree?
    /// How many of the layers the copied tree has, and what it was before the running hook.
    var copied = (count: 0, before: TreeListing?.none)

    /// In use until the end of the build: nobody may remove them.
    var used: [StoredLayer] = []
    /// Identifier of the topmost layer.
    var parent = ""
    /// Package indexes that the tree is set up for; nothing before it says so.
    var indexes: [PackageIndex] = []
    /// Whether hooks find kernel file systems and resolvers in the tree.
    var isPrepared = false
    /// Whether some layer has put the image's own resolver configuration aside.
    var hasResolver = false
    /// Why nothing is kept any more; nothing while it is.
    var endReason: String?
    /// Hooks of reused layers whose mounts are not there yet.
    var replays: [(hook: Hook, mounts: [LeftMount])] = []
    /// After `environment.d`, as hooks of the last phase on the host saw it.
    var hostEnvironment = Environment()
    /// After `environment.d`, as hooks of the running phase see it; nothing until one runs.
    var phaseEnvironment: Environment?
    /// Of the hooks of the running phase that have run.
    var timings: [HookTiming] = []
    /// What was reused, built, and why: for those who ask.
    var history: [HistoryEntry] = []

    /// What the hooks have written, once the stack is laid out.
    var record: BuildHistory?
    /// What the finished image will be kept as; nothing if it will not be.
    var image: ImageDraft?
    /// Of the hooks that have worked on the disk.
    var laterTimings: [HookTiming] = []

    struct HistoryEntry: Hashable, Sendable, Codable {
        let hook: HookIdentity
        let layer: String?
        let isReused: Bool
        let seconds: Double
    }
}

extension HookPhase {
    /// Whether hooks of the phase work on the tree before there is a disk: what they do becomes layers.
    package var isLayered: Bool {
        switch self {
        case .root, .extraData, .preInstall, .install, .postInstall, .postRoot: true
        case .blockDevice, .preFinalise, .finalise, .cleanup: false
        }
    }
}
