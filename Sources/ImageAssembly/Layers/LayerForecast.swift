package import Elements

/// What a build would find in its store: one row for each hook before the block-device phase.
package struct LayerForecast: Hashable, Sendable, Codable {
    /// What will happen to a hook.
    package enum Outcome: String, Hashable, Sendable, Codable {
        /// Its layer is there.
        case hit
        case miss
        /// A layer below it will be new.
        case after = "after a miss"
    }

    package struct Row: Hashable, Sendable, Codable {
        package let phase: HookPhase
        package let hook: String
        package let element: String
        package let outcome: Outcome
        /// Of a miss: what has changed since the layer that was used last.
        package let reason: String?
        /// What the hook took when its layer was made.
        package let seconds: Double?
    }

    package let rows: [Row]
    /// Of the finished image, which is taken whole if nothing at all has changed.
    package let image: Row?
    /// Whether mirrors, repositories and files have been asked; if not, the answers of the last build are taken.
    package let hasAsked: Bool
}
