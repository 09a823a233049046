/// How a build shows itself; never part of the request, so that it cannot change an image.
struct BuildPresentation: Equatable {
    enum Style: Equatable {
        /// Live on a terminal, log lines elsewhere.
        case automatic
        case log
        case json
    }

    var style = Style.automatic
    /// Print the plan and stop.
    var isDryRun = false
}
